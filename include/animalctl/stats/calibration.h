#pragma once

#include <cstdint>
#include <span>

namespace animalctl {

// Expected calibration error (Guo et al., ICML 2017, eq. 3): over `bins` bins of equal width,
// sum of share_of_bin * |accuracy_of_bin - mean_confidence_of_bin|. Bin m of M is
// (m / M, (m + 1) / M], and a confidence of 0 belongs to the first. Range 0 (perfect) to 1.
// `confidences[i]` is the probability given to the predicted class, 0..1; `is_correct[i]` is 0 or
// not 0. Throws InvalidArgument when the lengths differ, there are no items, a confidence is NaN or
// outside 0..1, or `bins` < 1. Thread-safe.
double expected_calibration_error(std::span<const double> confidences, std::span<const std::uint8_t> is_correct,
                                  int bins = 15);

}  // namespace animalctl
