#pragma once

#include <string>

#include "animalctl/drift/drift_report.h"

namespace animalctl::cli {

// The report for people at a terminal, without a newline at the end.
std::string drift_table(const drift::DriftReport& report);

}  // namespace animalctl::cli
