#pragma once

#include <cstddef>

#include "animalctl/drift/drift_report.h"
#include "drift/inputs.h"

namespace animalctl::drift {

// How many of the oldest answers are the version's first quiet window. It begins with two windows' worth and takes in
// one window after the other, as long as what came so far holds for them: it ends before the first of the windows that,
// by the persistence rule, drifted from it, and at settings.reference answers. So a reference that began shortly before
// the world changed does not learn the change as normal.
std::size_t quiet_answers(Answers oldest, const DriftSettings& settings);

// The fewest answers of a reference.
std::size_t fewest_reference_answers(const DriftSettings& settings);

}  // namespace animalctl::drift
