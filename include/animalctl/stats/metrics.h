#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace animalctl {

// One class against all others. A quotient with an empty denominator is 0.
struct ClassMetrics {
  std::size_t count = 0;      // items of this class
  std::size_t predicted = 0;  // items that the model gave this class
  double precision = 0;       // right among `predicted`
  double recall = 0;          // right among `count`
  double f1 = 0;              // 2 * right / (count + predicted)
  std::optional<double> auc;  // area_under_roc of this class's probability; nothing without both sides
};

// How good a classifier is on a labelled set. One type for two classes and for more; the fields whose
// meaning depends on it say so. Nothing in it is ever NaN.
struct ClassificationMetrics {
  std::size_t count = 0;
  std::size_t class_count = 0;
  double accuracy = 0;        // 0..1
  double loss = 0;            // mean of -log(probability of the label), each log at least -100 as in PyTorch's BCELoss
  double precision = 0;       // two classes: of class 1; more: mean over the classes that occur (below)
  double recall = 0;          // likewise
  double f1 = 0;              // likewise
  std::optional<double> auc;  // two classes: of class 1; more: mean over the classes that have an auc
  double brier = 0;           // two classes: mean (score - label)^2, 0..1; more: sum over classes of it, 0..2
  double ece = 0;             // expected_calibration_error of the predicted class's probability, 15 bins
  std::vector<ClassMetrics> per_class;  // [class_count]
  std::vector<std::size_t> confusion;   // [class_count * class_count], row = label, column = prediction

  std::size_t confused(std::size_t label, std::size_t predicted) const {
    return confusion[label * class_count + predicted];
  }
};

// Two classes from one score: `scores[i]` = P(class 1), 0..1; `labels[i]` is 0 or 1; the prediction is
// class 1 when score >= threshold. Throws InvalidArgument when there are no items, the lengths differ,
// a score is NaN or outside 0..1, a label is neither 0 nor 1, or the threshold is NaN or outside 0..1.
// Cost: one sort. Thread-safe.
ClassificationMetrics binary_metrics(std::span<const float> scores, std::span<const int> labels,
                                     double threshold = 0.5);

// Any number of classes: `probabilities` is [labels.size() x class_count], row-major, each row adding to
// 1 within 1e-3; `labels[i]` is in [0, class_count). The prediction is the most probable class, the lowest
// index at a tie. Means over classes ("macro", each class with the same weight) take the classes that
// occur as a label or a prediction, as scikit-learn does. With two classes the result is
// binary_metrics(column 1, labels, 0.5).
// Throws InvalidArgument like binary_metrics, or when class_count < 2 or a row does not add to 1.
// Cost: one sort a class. Thread-safe.
ClassificationMetrics classification_metrics(std::span<const float> probabilities, std::size_t class_count,
                                             std::span<const int> labels);

// Of scores as a model of `class_count` classes gives them: binary_metrics() of one score an item for two classes,
// classification_metrics() of a row an item for more. Throws what these throw.
ClassificationMetrics score_metrics(std::span<const float> scores, std::size_t class_count,
                                    std::span<const int> labels);

// The class that a model's scores give item `index`: for two classes 1 when its score is at least 0.5, for more the
// most probable one, the lowest index at a tie. Not checked: index and sizes.
int predicted_class(std::span<const float> scores, std::size_t class_count, std::size_t index);

}  // namespace animalctl
