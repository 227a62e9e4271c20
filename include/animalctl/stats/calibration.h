#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace animalctl {

// Expected calibration error (Guo et al., ICML 2017, eq. 3): over `bins` bins of equal width,
// sum of share_of_bin * |accuracy_of_bin - mean_confidence_of_bin|. Bin m of M is
// (m / M, (m + 1) / M], and a confidence of 0 belongs to the first. Range 0 (perfect) to 1.
// `confidences[i]` is the probability given to the predicted class, 0..1; `is_correct[i]` is 0 or
// not 0. Throws InvalidArgument when the lengths differ, there are no items, a confidence is NaN or
// outside 0..1, or `bins` < 1. Thread-safe.
double expected_calibration_error(std::span<const double> confidences, std::span<const std::uint8_t> is_correct,
                                  int bins = 15);

// One bar of a reliability diagram.
struct ReliabilityBin {
  double low = 0;  // confidences in (low, high]; 0 belongs to the first bin
  double high = 0;
  std::size_t count = 0;
  std::size_t correct = 0;
  double mean_confidence = 0;  // 0 when the bin is empty
  double accuracy = 0;         // correct / count; 0 when the bin is empty
};

// The bins of expected_calibration_error, lowest first, empty ones included: the error is the mean of
// |accuracy - mean_confidence| weighted by count. Errors as above. Thread-safe.
std::vector<ReliabilityBin> reliability_bins(std::span<const double> confidences,
                                             std::span<const std::uint8_t> is_correct, int bins = 15);

}  // namespace animalctl
