#pragma once

#include <cmath>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "animalctl/base/file.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::test {

// A part of what scripts/make_golden_drift.py wrote.
inline nlohmann::json drift_golden(std::string_view part) {
  return nlohmann::json::parse(read_text_file(golden_path("stats/drift.json"))).at(std::string(part));
}

// Equal within `relative` of the expected value, or within 1e-300 of 0.
inline void check_relative(double value, double expected, double relative) {
  INFO("value " << value << ", expected " << expected);
  CHECK_THAT(value, Catch::Matchers::WithinAbs(expected, relative * std::abs(expected) + 1e-300));
}

}  // namespace animalctl::test
