#include "animalctl/stats/confident_learning.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "animalctl/base/error.h"

namespace animalctl {
namespace {

// More than any probability.
constexpr double kNeverReached = 2;

// Items by classes, whether the second of two classes is told alone or not.
class ClassProbabilities {
 public:
  ClassProbabilities(std::span<const float> values, std::size_t columns) : values_(values), columns_(columns) {}
  std::size_t classes() const { return columns_ == 1 ? 2 : columns_; }
  double operator()(std::size_t item, std::size_t class_index) const {
    if (columns_ > 1) return static_cast<double>(values_[item * columns_ + class_index]);
    const auto second = static_cast<double>(values_[item]);
    return class_index == 1 ? second : 1 - second;
  }

 private:
  std::span<const float> values_;
  std::size_t columns_;
};

void check_items(std::span<const float> probabilities, std::size_t columns, std::span<const int> labels) {
  if (labels.empty()) throw Error(ErrorCode::InvalidArgument, "no items are labelled; label errors need at least one");
  if (columns == 0 || probabilities.size() / columns != labels.size() || probabilities.size() % columns != 0) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("{} probabilities do not make {} columns for {} labels",
                                                        probabilities.size(), columns, labels.size()));
  }
  const auto classes = static_cast<int>(columns == 1 ? 2 : columns);
  for (const int label : labels) {
    if (label >= 0 && label < classes) continue;
    throw Error(ErrorCode::InvalidArgument, fmt::format("the label {} is none of {} classes", label, classes));
  }
  for (const float value : probabilities) {
    if (value >= 0 && value <= 1) continue;  // false for NaN
    throw Error(ErrorCode::InvalidArgument, fmt::format("{} is no probability; it must be 0 to 1", value));
  }
}

std::vector<std::size_t> count_labels(std::span<const int> labels, std::size_t classes) {
  std::vector<std::size_t> counts(classes);
  for (const int label : labels) ++counts[static_cast<std::size_t>(label)];
  return counts;
}

std::vector<double> mean_self_confidence(const ClassProbabilities& probability, std::span<const int> labels,
                                         const std::vector<std::size_t>& counts) {
  std::vector<double> means(counts.size());
  for (std::size_t item = 0; item < labels.size(); ++item) {
    const auto label = static_cast<std::size_t>(labels[item]);
    means[label] += probability(item, label);
  }
  for (std::size_t k = 0; k < means.size(); ++k) {
    means[k] = counts[k] == 0 ? kNeverReached : means[k] / static_cast<double>(counts[k]);
  }
  return means;
}

// Equal probabilities: the first class.
std::optional<std::size_t> confident_class(const ClassProbabilities& probability, std::size_t item,
                                           const std::vector<double>& thresholds) {
  std::optional<std::size_t> best;
  for (std::size_t k = 0; k < thresholds.size(); ++k) {
    if (probability(item, k) < thresholds[k]) continue;
    if (!best || probability(item, k) > probability(item, *best)) best = k;
  }
  return best;
}

void estimate_joint(const std::vector<std::size_t>& counts, std::size_t items, ConfidentLearning& found) {
  const std::size_t classes = counts.size();
  found.joint.resize(classes * classes);
  for (std::size_t i = 0; i < classes; ++i) {
    const double share = static_cast<double>(counts[i]) / static_cast<double>(items);
    std::size_t row = 0;
    for (std::size_t j = 0; j < classes; ++j) row += found.confident[i * classes + j];
    // Of the items with a label one at least reaches their mean: an empty row is that of a label nobody has.
    if (row == 0) continue;
    for (std::size_t j = 0; j < classes; ++j) {
      const double part = static_cast<double>(found.confident[i * classes + j]) / static_cast<double>(row);
      found.joint[i * classes + j] = share * part;
      if (i != j) found.error_share += share * part;
    }
  }
}

}  // namespace

ConfidentLearning confident_learning(std::span<const float> probabilities, std::size_t columns,
                                     std::span<const int> labels) {
  check_items(probabilities, columns, labels);
  const ClassProbabilities probability(probabilities, columns);
  const std::size_t classes = probability.classes();
  const std::vector<std::size_t> counts = count_labels(labels, classes);
  ConfidentLearning found;
  found.thresholds = mean_self_confidence(probability, labels, counts);
  found.confident.resize(classes * classes);
  for (std::size_t item = 0; item < labels.size(); ++item) {
    const std::optional<std::size_t> likely = confident_class(probability, item, found.thresholds);
    if (!likely) continue;
    const auto label = static_cast<std::size_t>(labels[item]);
    ++found.confident[label * classes + *likely];
    if (*likely != label)
      found.errors.push_back({item, *likely, probability(item, *likely) - probability(item, label)});
  }
  std::stable_sort(found.errors.begin(), found.errors.end(),
                   [](const LikelyLabelError& a, const LikelyLabelError& b) { return a.margin > b.margin; });
  estimate_joint(counts, labels.size(), found);
  return found;
}

}  // namespace animalctl
