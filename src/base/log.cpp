#include "animalctl/base/log.h"

#include <fmt/core.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <nlohmann/json.hpp>

namespace animalctl::log {
namespace {

struct State {
  Settings settings;
  std::shared_ptr<spdlog::logger> logger;

  State() : logger(std::make_shared<spdlog::logger>("animalctl", std::make_shared<spdlog::sinks::stderr_sink_mt>())) {
    apply({});
  }

  void apply(const Settings& chosen) {
    settings = chosen;
    // JSON lines are composed whole in emit(); text shows the level as compilers do.
    logger->set_pattern(chosen.format == Format::Json ? "%v" : "%l: %v");
    logger->set_level(to_spdlog(chosen.level));
    logger->flush_on(spdlog::level::trace);
  }

  static spdlog::level::level_enum to_spdlog(Level level) {
    switch (level) {
      case Level::Debug:
        return spdlog::level::debug;
      case Level::Info:
        return spdlog::level::info;
      case Level::Warning:
        return spdlog::level::warn;
      case Level::Error:
        return spdlog::level::err;
      case Level::Off:
        return spdlog::level::off;
    }
    return spdlog::level::info;
  }
};

State& state() {
  static State instance;
  return instance;
}

std::string_view level_name(Level level) {
  switch (level) {
    case Level::Debug:
      return "debug";
    case Level::Info:
      return "info";
    case Level::Warning:
      return "warning";
    case Level::Error:
      return "error";
    case Level::Off:
      return "off";
  }
  return "info";
}

std::string json_line(Level level, std::string_view message, std::initializer_list<Field> fields) {
  nlohmann::ordered_json line;
  const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  line["time"] = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900, utc.tm_mon + 1,
                             utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, now.time_since_epoch().count() % 1000);
  line["level"] = level_name(level);
  line["message"] = message;
  for (const Field& field : fields) {
    // JSON has no NaN and no infinity: they stand as text.
    const auto number = nlohmann::ordered_json::parse(field.value(), nullptr, false);
    if (field.quoted() || number.is_discarded()) {
      line[field.key()] = field.value();
    } else {
      line[field.key()] = number;
    }
  }
  // File names may hold bytes that are not UTF-8; a log line never fails for that.
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string text_line(std::string_view message, std::initializer_list<Field> fields) {
  std::string line(message);
  for (const Field& field : fields) line += fmt::format(" {}={}", field.key(), field.value());
  return line;
}

void emit(Level level, std::string_view message, std::initializer_list<Field> fields) {
  State& current = state();
  const auto spdlog_level = State::to_spdlog(level);
  if (!current.logger->should_log(spdlog_level)) return;
  const std::string line =
      current.settings.format == Format::Json ? json_line(level, message, fields) : text_line(message, fields);
  current.logger->log(spdlog_level, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace

Field::Field(std::string_view key, std::int64_t value) : key_(key), value_(fmt::format("{}", value)) {}
Field::Field(std::string_view key, std::uint64_t value) : key_(key), value_(fmt::format("{}", value)) {}
Field::Field(std::string_view key, double value) : key_(key), value_(fmt::format("{:.6g}", value)) {}

void configure(const Settings& settings) {
  state().apply(settings);
}
const Settings& settings() {
  return state().settings;
}

void debug(std::string_view message, std::initializer_list<Field> fields) {
  emit(Level::Debug, message, fields);
}
void info(std::string_view message, std::initializer_list<Field> fields) {
  emit(Level::Info, message, fields);
}
void warning(std::string_view message, std::initializer_list<Field> fields) {
  emit(Level::Warning, message, fields);
}
void error(std::string_view message, std::initializer_list<Field> fields) {
  emit(Level::Error, message, fields);
}

}  // namespace animalctl::log
