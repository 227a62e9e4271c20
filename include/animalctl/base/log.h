#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

// Log lines go to stderr, one write a line, so that stdout holds results only. Thread-safe.
namespace animalctl::log {

enum class Level { Debug, Info, Warning, Error, Off };
enum class Format { Text, Json };

struct Settings {
  Level level = Level::Info;
  Format format = Format::Text;
};

// A named value beside the message: `log::warning("skipped", {{"file", path}, {"count", 3}})`.
class Field {
 public:
  Field(std::string_view key, std::string_view value) : key_(key), value_(value), quoted_(true) {}
  Field(std::string_view key, const char* value) : Field(key, std::string_view(value)) {}
  Field(std::string_view key, const std::string& value) : Field(key, std::string_view(value)) {}
  Field(std::string_view key, std::int64_t value);
  Field(std::string_view key, std::uint64_t value);
  Field(std::string_view key, int value) : Field(key, static_cast<std::int64_t>(value)) {}
  Field(std::string_view key, double value);

  const std::string& key() const { return key_; }
  const std::string& value() const { return value_; }
  // False for numbers, which stand bare in JSON.
  bool quoted() const { return quoted_; }

 private:
  std::string key_;
  std::string value_;
  bool quoted_ = false;
};

// Sets the level and form for the whole process; each shared library that links this module has
// settings of its own (the engine receives them when it is opened).
void configure(const Settings& settings);
const Settings& settings();

void debug(std::string_view message, std::initializer_list<Field> fields = {});
void info(std::string_view message, std::initializer_list<Field> fields = {});
void warning(std::string_view message, std::initializer_list<Field> fields = {});
void error(std::string_view message, std::initializer_list<Field> fields = {});

}  // namespace animalctl::log
