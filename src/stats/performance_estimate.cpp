#include "animalctl/stats/performance_estimate.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "animalctl/base/error.h"

namespace animalctl {
namespace {

constexpr double kRowTolerance = 1e-3;
constexpr double kConfidence = 0.95;

void check_score(double score, std::size_t index) {
  if (score >= 0 && score <= 1) return;
  throw Error(ErrorCode::InvalidArgument, fmt::format("score {} is {}, not between 0 and 1", index, score));
}

double quotient(double part, double whole) {
  return whole > 0 ? part / whole : 0;
}

struct Quality {
  double precision = 0;
  double recall = 0;
  double f1 = 0;
  bool occurs = false;
};

Quality quality_of(const std::vector<double>& confusion, std::size_t classes, std::size_t label) {
  double expected = 0;
  double predicted = 0;
  for (std::size_t i = 0; i < classes; ++i) {
    expected += confusion[label * classes + i];
    predicted += confusion[i * classes + label];
  }
  const double right = confusion[label * classes + label];
  return {quotient(right, predicted), quotient(right, expected), quotient(2 * right, expected + predicted),
          expected + predicted > 0};
}

// Adds what one item is expected to be; `variance` gets that of its being right.
void add_item(PerformanceEstimate& estimate, std::span<const double> shares, std::size_t predicted, double& variance) {
  for (std::size_t label = 0; label < shares.size(); ++label) {
    estimate.expected_confusion[label * shares.size() + predicted] += shares[label];
  }
  variance += shares[predicted] * (1 - shares[predicted]);
}

PerformanceEstimate start(std::size_t count, std::size_t classes) {
  if (count == 0) throw Error(ErrorCode::InvalidArgument, "no scores: performance needs at least one item");
  PerformanceEstimate estimate;
  estimate.count = count;
  estimate.class_count = classes;
  estimate.expected_confusion.assign(classes * classes, 0.0);
  return estimate;
}

PerformanceEstimate finish(PerformanceEstimate estimate, double variance) {
  const std::size_t classes = estimate.class_count;
  const auto count = static_cast<double>(estimate.count);
  double right = 0;
  for (std::size_t label = 0; label < classes; ++label) right += estimate.expected_confusion[label * classes + label];
  estimate.accuracy = right / count;
  const double half_width = normal_quantile_two_sided(kConfidence) * std::sqrt(variance) / count;
  estimate.accuracy_interval = {std::max(0.0, estimate.accuracy - half_width),
                                std::min(1.0, estimate.accuracy + half_width)};
  double occurring = 0;
  for (std::size_t label = classes == 2 ? 1 : 0; label < classes; ++label) {
    const Quality quality = quality_of(estimate.expected_confusion, classes, label);
    if (!quality.occurs) continue;
    estimate.precision += quality.precision;
    estimate.recall += quality.recall;
    estimate.f1 += quality.f1;
    ++occurring;
  }
  estimate.precision = quotient(estimate.precision, occurring);
  estimate.recall = quotient(estimate.recall, occurring);
  estimate.f1 = quotient(estimate.f1, occurring);
  return estimate;
}

}  // namespace

PerformanceEstimate estimate_binary_performance(std::span<const float> scores, double threshold) {
  if (!(threshold >= 0 && threshold <= 1)) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("threshold {} is not between 0 and 1", threshold));
  }
  PerformanceEstimate estimate = start(scores.size(), 2);
  double variance = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const auto score = static_cast<double>(scores[i]);
    check_score(score, i);
    const double shares[] = {1 - score, score};
    add_item(estimate, shares, score >= threshold ? 1 : 0, variance);
  }
  return finish(std::move(estimate), variance);
}

PerformanceEstimate estimate_performance(std::span<const float> probabilities, std::size_t class_count) {
  if (class_count < 2 || probabilities.size() % class_count != 0) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("{} probabilities do not make rows of {} classes, at least 2",
                                                        probabilities.size(), class_count));
  }
  PerformanceEstimate estimate = start(probabilities.size() / class_count, class_count);
  double variance = 0;
  std::vector<double> shares(class_count);
  for (std::size_t item = 0; item < estimate.count; ++item) {
    double sum = 0;
    for (std::size_t label = 0; label < class_count; ++label) {
      shares[label] = static_cast<double>(probabilities[item * class_count + label]);
      check_score(shares[label], item * class_count + label);
      sum += shares[label];
    }
    if (!(std::abs(sum - 1) <= kRowTolerance)) {
      throw Error(ErrorCode::InvalidArgument, fmt::format("row {} of the probabilities adds to {}, not 1", item, sum));
    }
    for (double& share : shares) share /= sum;
    const auto best = std::max_element(shares.begin(), shares.end());
    // Two classes: class 1 at a tie, as binary scores have it.
    const bool tie_of_two = class_count == 2 && shares[0] == shares[1];
    add_item(estimate, shares, tie_of_two ? 1 : static_cast<std::size_t>(best - shares.begin()), variance);
  }
  return finish(std::move(estimate), variance);
}

}  // namespace animalctl
