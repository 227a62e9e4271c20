#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace animalctl::cli {

// The time that a flag was given, in milliseconds since 1970; nothing when it is "". Throws InvalidArgument naming the
// flag unless it is RFC 3339.
std::optional<std::int64_t> time_flag(const char* flag, const std::string& text);

// "2026-11-25T13:15:05.123Z".
std::string time_text(std::int64_t at_ms);

}  // namespace animalctl::cli
