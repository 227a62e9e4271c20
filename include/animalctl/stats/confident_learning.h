#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace animalctl {

// An item whose label is probably another one.
struct LikelyLabelError {
  std::size_t item = 0;
  std::size_t likely = 0;  // the class it confidently is
  double margin = 0;       // probability of `likely` less that of the label given: -1 to 1
};

struct ConfidentLearning {
  // [classes], the mean probability of a class over the items labelled with it; 2 (never reached) for a class that no
  // item is labelled with.
  std::vector<double> thresholds;
  // [classes * classes], row = label given, column = class that an item confidently is; items that are none are left
  // out.
  std::vector<std::size_t> confident;
  // [classes * classes], the estimated joint distribution of labels given and true classes: `confident` with each row
  // brought to the number of items with its label; sums to 1. Beside the diagonal: the share of wrong labels.
  std::vector<double> joint;
  double error_share = 0;                // the sum beside the diagonal of `joint`
  std::vector<LikelyLabelError> errors;  // the items beside the diagonal of `confident`, the greatest margin first
};

// Finds likely label errors by confident learning (Northcutt, Jiang, Chuang, "Confident Learning: Estimating
// Uncertainty in Dataset Labels", JAIR 70, 2021, section 3.1): an item confidently is the class with the greatest
// probability among those that reach their own threshold, so a class of which the model is never sure is judged by what
// is usual for it. `probabilities` [labels.size() * columns], row-major, 0..1, of a model that did not learn from these
// items; columns: the number of classes, or 1: the probability of class 1 of two. Throws InvalidArgument when there is
// no item, a size does not fit, or a label or probability is out of range. Thread-safe.
ConfidentLearning confident_learning(std::span<const float> probabilities, std::size_t columns,
                                     std::span<const int> labels);

}  // namespace animalctl
