#pragma once

#include <span>
#include <vector>

#include "animalctl/drift/drift_report.h"
#include "drift/inputs.h"
#include "drift/reference.h"

namespace animalctl::drift {

// The pictures of the windows that are furthest from the reference, the furthest first: by the root mean square, over
// the numbers that drifted (over all when none did), of the distance from the reference's mean in standard deviations.
// Each picture once. `inputs`: what summarise_inputs() found. Names among the frames are not filled in.
std::vector<DriftedImage> most_drifted_images(const Reference& reference, std::span<const Sample> windows,
                                              const std::vector<InputDrift>& inputs, std::size_t most);

}  // namespace animalctl::drift
