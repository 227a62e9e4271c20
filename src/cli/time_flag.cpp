#include "cli/time_flag.h"

#include <fmt/core.h>

#include <chrono>

#include "animalctl/base/error.h"
#include "animalctl/base/time_text.h"

namespace animalctl::cli {

std::optional<std::int64_t> time_flag(const char* flag, const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto time = parse_iso_time(text);
  if (!time) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("{} is \"{}\"; give a time such as 2026-11-25T13:00:00Z", flag, text));
  }
  return std::chrono::floor<std::chrono::milliseconds>(time->time_since_epoch()).count();
}

std::string time_text(std::int64_t at_ms) {
  return iso_time(std::chrono::system_clock::time_point(std::chrono::milliseconds(at_ms)));
}

}  // namespace animalctl::cli
