#include "animalctl/stats/metrics.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <fmt/core.h>

#include "animalctl/base/error.h"
#include "animalctl/stats/calibration.h"
#include "animalctl/stats/ranking.h"

namespace animalctl {
namespace {

constexpr double kSmallestLog = -100;  // PyTorch's BCELoss clamps here, so a certain wrong answer costs 100
constexpr double kRowSumTolerance = 1e-3;

// What the two kinds of input have in common once the model's answers are decided.
struct Answers {
  std::vector<std::size_t> labels;
  std::vector<std::size_t> predictions;
  std::vector<double> confidences;  // of the predicted class
};

void check_label(int label, std::size_t index, std::size_t class_count) {
  if (label < 0 || static_cast<std::size_t>(label) >= class_count) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("cannot measure: label {} is {}; accepted are 0 to {}", index, label, class_count - 1));
  }
}

void check_probability(float value, std::size_t index) {
  if (!(value >= 0 && value <= 1)) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("cannot measure: score {} is {}, not a probability in 0..1; the model's weights or its "
                            "output layer are broken",
                            index, value));
  }
}

void check_sizes(std::size_t scores, std::size_t labels, std::size_t class_count) {
  if (labels == 0) throw Error(ErrorCode::InvalidArgument, "cannot measure a model on no items; give at least one");
  if (scores % class_count != 0 || scores / class_count != labels) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("cannot measure: {} scores for {} labels of {} classes", scores, labels, class_count));
  }
}

double quotient(std::size_t numerator, std::size_t denominator) {
  return denominator == 0 ? 0.0 : static_cast<double>(numerator) / static_cast<double>(denominator);
}

// Confusion matrix and what follows from it, and calibration; not loss, Brier score and AUC.
ClassificationMetrics count_answers(const Answers& answers, std::size_t class_count) {
  ClassificationMetrics metrics;
  metrics.count = answers.labels.size();
  metrics.class_count = class_count;
  metrics.confusion.assign(class_count * class_count, 0);
  metrics.per_class.resize(class_count);
  std::vector<std::uint8_t> correct(metrics.count);
  for (std::size_t i = 0; i < metrics.count; ++i) {
    ++metrics.confusion[answers.labels[i] * class_count + answers.predictions[i]];
    ++metrics.per_class[answers.labels[i]].count;
    ++metrics.per_class[answers.predictions[i]].predicted;
    correct[i] = answers.labels[i] == answers.predictions[i];
  }
  std::size_t right = 0;
  for (std::size_t k = 0; k < class_count; ++k) {
    ClassMetrics& one = metrics.per_class[k];
    const std::size_t hits = metrics.confused(k, k);
    right += hits;
    one.precision = quotient(hits, one.predicted);
    one.recall = quotient(hits, one.count);
    one.f1 = quotient(2 * hits, one.count + one.predicted);
  }
  metrics.accuracy = quotient(right, metrics.count);
  metrics.ece = expected_calibration_error(answers.confidences, correct);
  return metrics;
}

void average_over_classes(ClassificationMetrics& metrics) {
  double occurring = 0;
  double ranked = 0;
  double auc_sum = 0;
  for (const ClassMetrics& one : metrics.per_class) {
    if (one.count + one.predicted > 0) {
      ++occurring;
      metrics.precision += one.precision;
      metrics.recall += one.recall;
      metrics.f1 += one.f1;
    }
    if (one.auc) {
      ++ranked;
      auc_sum += *one.auc;
    }
  }
  metrics.precision /= occurring;
  metrics.recall /= occurring;
  metrics.f1 /= occurring;
  if (ranked > 0) metrics.auc = auc_sum / ranked;
}

void check_rows(std::span<const float> probabilities, std::size_t class_count) {
  for (std::size_t begin = 0; begin < probabilities.size(); begin += class_count) {
    double sum = 0;
    for (std::size_t k = 0; k < class_count; ++k) {
      check_probability(probabilities[begin + k], begin + k);
      sum += static_cast<double>(probabilities[begin + k]);
    }
    if (std::abs(sum - 1) > kRowSumTolerance) {
      throw Error(
          ErrorCode::InvalidArgument,
          fmt::format("cannot measure: the probabilities of item {} add to {}, not to 1", begin / class_count, sum));
    }
  }
}

std::vector<float> column_of(std::span<const float> probabilities, std::size_t class_count, std::size_t column) {
  std::vector<float> values(probabilities.size() / class_count);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = probabilities[i * class_count + column];
  return values;
}

std::vector<std::uint8_t> membership(std::span<const std::size_t> labels, std::size_t label) {
  std::vector<std::uint8_t> is_member(labels.size());
  std::transform(labels.begin(), labels.end(), is_member.begin(),
                 [label](std::size_t value) { return static_cast<std::uint8_t>(value == label); });
  return is_member;
}

}  // namespace

ClassificationMetrics binary_metrics(std::span<const float> scores, std::span<const int> labels, double threshold) {
  check_sizes(scores.size(), labels.size(), 1);
  if (!(threshold >= 0 && threshold <= 1)) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("cannot measure: threshold {} is not in 0..1; 0.5 is usual", threshold));
  }
  Answers answers;
  double loss = 0;
  double brier = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    check_probability(scores[i], i);
    check_label(labels[i], i, 2);
    const auto score = static_cast<double>(scores[i]);
    const bool positive = labels[i] == 1;
    const bool predicted_positive = score >= threshold;
    loss -= std::max(positive ? std::log(score) : std::log1p(-score), kSmallestLog);
    brier += (score - labels[i]) * (score - labels[i]);
    answers.labels.push_back(positive);
    answers.predictions.push_back(predicted_positive);
    answers.confidences.push_back(predicted_positive ? score : 1 - score);
  }
  ClassificationMetrics metrics = count_answers(answers, 2);
  const auto count = static_cast<double>(metrics.count);
  metrics.loss = loss / count;
  metrics.brier = brier / count;
  metrics.auc = area_under_roc(scores, membership(answers.labels, 1));
  // Class 0 is ranked by 1 - score, so its area is the same.
  metrics.per_class[0].auc = metrics.per_class[1].auc = metrics.auc;
  metrics.precision = metrics.per_class[1].precision;
  metrics.recall = metrics.per_class[1].recall;
  metrics.f1 = metrics.per_class[1].f1;
  return metrics;
}

ClassificationMetrics classification_metrics(std::span<const float> probabilities, std::size_t class_count,
                                             std::span<const int> labels) {
  if (class_count < 2) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("cannot measure a model of {} classes; at least 2", class_count));
  }
  check_sizes(probabilities.size(), labels.size(), class_count);
  check_rows(probabilities, class_count);
  if (class_count == 2) return binary_metrics(column_of(probabilities, 2, 1), labels);

  Answers answers;
  double loss = 0;
  double brier = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    check_label(labels[i], i, class_count);
    const std::span<const float> row = probabilities.subspan(i * class_count, class_count);
    const auto label = static_cast<std::size_t>(labels[i]);
    const auto best = std::max_element(row.begin(), row.end());
    loss -= std::max(std::log(static_cast<double>(row[label])), kSmallestLog);
    for (std::size_t k = 0; k < class_count; ++k) {
      const double difference = static_cast<double>(row[k]) - (k == label ? 1 : 0);
      brier += difference * difference;
    }
    answers.labels.push_back(label);
    answers.predictions.push_back(static_cast<std::size_t>(best - row.begin()));
    answers.confidences.push_back(static_cast<double>(*best));
  }
  ClassificationMetrics metrics = count_answers(answers, class_count);
  const auto count = static_cast<double>(metrics.count);
  metrics.loss = loss / count;
  metrics.brier = brier / count;
  for (std::size_t k = 0; k < class_count; ++k) {
    metrics.per_class[k].auc = area_under_roc(column_of(probabilities, class_count, k), membership(answers.labels, k));
  }
  average_over_classes(metrics);
  return metrics;
}

ClassificationMetrics score_metrics(std::span<const float> scores, std::size_t class_count,
                                    std::span<const int> labels) {
  return class_count == 2 ? binary_metrics(scores, labels) : classification_metrics(scores, class_count, labels);
}

int predicted_class(std::span<const float> scores, std::size_t class_count, std::size_t index) {
  if (class_count == 2) return scores[index] >= 0.5F ? 1 : 0;
  const auto row = scores.subspan(index * class_count, class_count);
  return static_cast<int>(std::max_element(row.begin(), row.end()) - row.begin());
}

}  // namespace animalctl
