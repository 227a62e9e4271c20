#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace animalctl::serve {

// How the prediction API shares requests out between two versions of its model: the content of config/config.json
// (docs/formats/canary-config.md), the seed's file with one key more.
struct CanaryConfig {
  double traffic = 1.0;      // share of the requests that current_version answers, 0..1
  int current_version = 1;   // 0..kMaxVersion, ≥ previous_version
  int previous_version = 1;  // 0..kMaxVersion; answers the rest
  bool shadow = false;       // the version that does not answer computes too; both are recorded

  static constexpr int kMaxVersion = 1'000'000'000;
  bool operator==(const CanaryConfig&) const = default;
};

// Parses a config. `origin` names it in messages. Throws DataLoss when the text is not JSON, InvalidArgument when it is
// no object, a key is missing, unknown or has the wrong type, or a value is out of range.
CanaryConfig parse_canary_config(std::string_view text, std::string_view origin);

// Reads a config's file. Throws what parse_canary_config() and read_text_file() throw.
CanaryConfig read_canary_config(const std::filesystem::path& file);

// One line of JSON without a newline, keys in the seed's order; "shadow" only when it is on, so that the seed's own
// proxy reads the file too.
std::string to_json(const CanaryConfig& config);

// The whole number that a version of an archive stands for in the config: "2", "2.0" and "2.0.0" are 2; "1.5", "v2" and
// "" are none.
std::optional<int> whole_version(std::string_view version);

// The config in use and its file. Readers take an immutable snapshot; a change is checked and, when it comes from a
// client, durable in the file before any reader sees it. Thread-safe.
class CanaryConfigFile {
 public:
  // Refuses, by throwing, what cannot be served: a version that is not loaded. May be empty.
  using Check = std::function<void(const CanaryConfig&)>;

  // What is in use while there is no file; asked each time the file is read. May be empty: CanaryConfig{}.
  using Defaults = std::function<CanaryConfig()>;

  // Reads the file. Throws what parse_canary_config() and read_text_file() throw. Runs no check: models may be
  // registered later.
  CanaryConfigFile(std::filesystem::path path, Defaults defaults, Check check);

  std::shared_ptr<const CanaryConfig> snapshot() const;
  const std::filesystem::path& path() const { return path_; }

  // Reads the file again; without one the defaults are in use, and a log line says so. On an error, which is thrown,
  // the config in use stays.
  std::shared_ptr<const CanaryConfig> reload();
  // The same without the check.
  std::shared_ptr<const CanaryConfig> reload_unchecked();
  // Checks `config`, writes it to the file and puts it in use; nothing is changed when any of that throws.
  std::shared_ptr<const CanaryConfig> replace(const CanaryConfig& config);

 private:
  CanaryConfig read(bool log_missing) const;
  void put_in_use(const CanaryConfig& config);

  const std::filesystem::path path_;
  const Defaults defaults_;
  const Check check_;
  std::mutex changing_;         // one change at a time, file and snapshot together
  mutable std::mutex reading_;  // guards snapshot_, held for a copy only
  std::shared_ptr<const CanaryConfig> snapshot_;
};

}  // namespace animalctl::serve
