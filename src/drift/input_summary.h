#pragma once

#include <span>
#include <vector>

#include "animalctl/drift/drift_report.h"
#include "drift/inputs.h"
#include "drift/reference.h"

namespace animalctl::drift {

// Every input of the reference over all windows, the oldest window first: tests, verdicts, and the distributions to
// draw.
std::vector<InputDrift> summarise_inputs(const Reference& reference, std::span<const Sample> windows,
                                         const DriftSettings& settings);

}  // namespace animalctl::drift
