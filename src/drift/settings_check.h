#pragma once

#include "animalctl/drift/drift_report.h"

namespace animalctl::drift {

// Throws InvalidArgument naming the setting, its value and its range.
void check_settings(const DriftSettings& settings);

}  // namespace animalctl::drift
