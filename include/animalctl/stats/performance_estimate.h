#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "animalctl/stats/interval.h"

namespace animalctl {

// How good a model probably is on items nobody has labelled.
struct PerformanceEstimate {
  std::size_t count = 0;
  std::size_t class_count = 0;
  double accuracy = 0;         // expected, 0..1
  Interval accuracy_interval;  // 95 %: of the right answers' number (Poisson binomial, normal approximation)
  double precision = 0;        // two classes: of class 1; more: mean over the classes that are predicted or expected
  double recall = 0;           // likewise
  double f1 = 0;               // likewise
  std::vector<double> expected_confusion;  // [class_count * class_count], row = true class, column = prediction
};

// Confidence-based performance estimation (CBPE; NannyML, "How CBPE works"): a calibrated score is the share of items
// with this score that are of class 1, so an item predicted as 1 with score s adds s to the expected true positives and
// 1 - s to the false positives; precision, recall and F1 are quotients of such sums (0 when empty). True as far as the
// scores are calibrated (expected_calibration_error) and what the classes look like has not changed: it sees a shift
// towards hard items, not a changed meaning of the labels.
// `scores[i]` = P(class 1); the prediction is class 1 from `threshold` on.
// Throws InvalidArgument when there are no items, a score is outside 0..1 or NaN, or the threshold is. Thread-safe.
PerformanceEstimate estimate_binary_performance(std::span<const float> scores, double threshold = 0.5);

// The same for any number of classes from `probabilities` [items * class_count], row-major, each row adding to 1
// within 1e-3 (rows are scaled to exactly 1). With two classes: estimate_binary_performance of column 1.
// Throws InvalidArgument also when class_count < 2, the length is no multiple of it, or a row does not add to 1.
PerformanceEstimate estimate_performance(std::span<const float> probabilities, std::size_t class_count);

}  // namespace animalctl
