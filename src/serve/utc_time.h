#pragma once

#include <chrono>
#include <string>

namespace animalctl::serve {

// "2026-11-25T14:03:59.123Z" (ISO 8601, UTC, milliseconds).
std::string iso_time(std::chrono::system_clock::time_point time);
// "20261125140359123": as above, digits only; sorts as the times do.
std::string compact_time(std::chrono::system_clock::time_point time);

}  // namespace animalctl::serve
