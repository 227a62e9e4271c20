#pragma once

#include <chrono>
#include <string>

#include "animalctl/base/time_text.h"

namespace animalctl::serve {

using animalctl::iso_time;
// "20261125140359123": as iso_time(), digits only; sorts as the times do.
std::string compact_time(std::chrono::system_clock::time_point time);

}  // namespace animalctl::serve
