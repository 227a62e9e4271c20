#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace animalctl {

// Area under the ROC curve: the probability that a random positive scores above a random negative,
// a tie counting one half (the Mann-Whitney statistic U / (P * N); Hanley and McNeil 1982).
// `is_positive[i]` is 0 or not 0 and belongs to `scores[i]`. Nothing when there is no positive or no
// negative. The result does not depend on the order of the items and is exact up to the last division.
// Cost: one sort. Throws InvalidArgument when the lengths differ or a score is NaN. Thread-safe.
std::optional<double> area_under_roc(std::span<const float> scores, std::span<const std::uint8_t> is_positive);

// Average precision: sum over the thresholds, from high to low, of (recall gained) * precision, without
// interpolation (scikit-learn's average_precision_score). Range 0..1; a model that guesses gets about the share of
// positives. Nothing when there is no positive. Cost and errors as above. Thread-safe.
std::optional<double> average_precision(std::span<const float> scores, std::span<const std::uint8_t> is_positive);

}  // namespace animalctl
