#pragma once

#include <CLI/App.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace animalctl::cli {

// The process's own environment: a variable's value, nothing when it is not set.
std::optional<std::string> read_environment(const std::string& name);

// Values from outside the command line, most important first: environment, `.env`, settings file.
class LayeredSettings {
 public:
  using Lookup = std::function<std::optional<std::string>(const std::string&)>;

  // `environment` looks a variable up (getenv in the program, a map in tests).
  explicit LayeredSettings(Lookup environment);

  // Reads KEY=VALUE lines: comments, `export`, single and double quotes. Throws DataLoss naming the line.
  void read_dot_env(std::string_view text, const std::string& origin);
  // Reads a TOML file: keys are the flags' names, at the top level for every command or in a table of the
  // command's name ([train]). Throws DataLoss (syntax) with the line.
  void read_toml(std::string_view text, const std::string& origin);

  // Gives every option of `command` that has no value from the command line its value from the layers.
  // Throws InvalidArgument naming the source when a value is refused, or when a table names an unknown key.
  void apply(CLI::App& command) const;

  // The resulting settings of `command` as TOML, each line with its source in a comment.
  std::string print(const CLI::App& command) const;

 private:
  struct Value {
    std::string text;
    std::string source;
  };
  std::optional<Value> find(const std::string& command, const std::string& flag) const;

  Lookup environment_;
  std::map<std::string, std::string> dot_env_;
  std::string dot_env_origin_;
  // [command or ""][flag] → value
  std::map<std::string, std::map<std::string, std::string>> file_;
  std::string file_origin_;
  mutable std::map<std::string, std::string> sources_;  // flag → where its value came from
};

}  // namespace animalctl::cli
