#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace animalctl {

// What a classifier does at one threshold: items with score >= threshold are called positive.
struct RocPoint {
  double threshold = 0;            // +infinity for the first point: nothing is called positive
  double false_positive_rate = 0;  // false positives / negatives
  double true_positive_rate = 0;   // true positives / positives
};

struct PrecisionRecallPoint {
  double threshold = 0;  // +infinity for the first point
  double recall = 0;     // true positives / positives
  double precision = 0;  // true positives / called positive; 1 for the first point, where nothing is
};

inline constexpr std::size_t kDefaultCurvePoints = 200;

// The ROC curve from (0, 0) to (1, 1), thresholds falling; items of equal score make one point. Points on a
// straight piece are left out, so that lines between the points give the whole curve and area_under_roc. When more
// than `max_points` remain, those are kept that change the picture most (farthest from the line between the points
// kept before, Douglas and Peucker 1973), the ends always.
// `is_positive[i]` is 0 or not 0 and belongs to `scores[i]`. For more than two classes: once a class, with that
// class's probability and membership. Empty when there is no positive or no negative.
// Throws InvalidArgument when the lengths differ, a score is NaN, or max_points < 2. Thread-safe.
std::vector<RocPoint> roc_curve(std::span<const float> scores, std::span<const std::uint8_t> is_positive,
                                std::size_t max_points = kDefaultCurvePoints);

// Precision over recall from (0, 1) on, thresholds falling, to the first with recall 1 (lower ones only lose
// precision); thinned in the same way. Empty when there is no positive. Errors as above. Thread-safe.
std::vector<PrecisionRecallPoint> precision_recall_curve(std::span<const float> scores,
                                                         std::span<const std::uint8_t> is_positive,
                                                         std::size_t max_points = kDefaultCurvePoints);

}  // namespace animalctl
