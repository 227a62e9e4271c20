#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace animalctl {

// "2026-11-25T14:03:59.123Z" (RFC 3339, UTC, milliseconds; earlier parts of a millisecond are cut off). Thread-safe.
std::string iso_time(std::chrono::system_clock::time_point time);

// Reads RFC 3339: "2026-11-25T14:03:59Z", a fraction of a second of up to nine digits, an offset "+01:00" instead of Z,
// letters in either case, a space for the T. Nothing for any other text, a date that does not exist or a year before
// 1970 or after 2200. A leap second is the second after it.
std::optional<std::chrono::system_clock::time_point> parse_iso_time(std::string_view text);

}  // namespace animalctl
