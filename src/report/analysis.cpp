#include "animalctl/report/analysis.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>

#include "animalctl/base/error.h"
#include "animalctl/stats/ranking.h"
#include "report/slices.h"

namespace animalctl {
namespace {

constexpr std::size_t kHistogramBins = 20;

std::size_t column_count(const ModelReport& report) {
  const std::size_t images = report.images.size();
  if (images == 0) {
    throw Error(ErrorCode::InvalidArgument, "cannot report on a model without images; give at least one scored image");
  }
  const std::size_t classes = report.classes.size();
  if (classes < 2) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("cannot report on a model of {} classes; at least 2 are needed", classes));
  }
  const std::size_t columns = report.probabilities.size() / images;
  const bool fits = report.probabilities.size() % images == 0 && (columns == classes || (classes == 2 && columns == 1));
  if (!fits) {
    throw Error(
        ErrorCode::InvalidArgument,
        fmt::format("cannot report: {} probabilities for {} images of {} classes; {} an image are needed",
                    report.probabilities.size(), images, classes, classes == 2 ? "1 or 2" : std::to_string(classes)));
  }
  return columns;
}

std::vector<float> column_of(const ModelReport& report, std::size_t columns, std::size_t column) {
  std::vector<float> values(report.images.size());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = report.probabilities[i * columns + column];
  return values;
}

// Decides as binary_metrics and classification_metrics do.
void predict(const ModelReport& report, std::size_t columns, ReportAnalysis& analysis) {
  for (std::size_t i = 0; i < report.images.size(); ++i) {
    if (report.classes.size() == 2) {
      const auto score = static_cast<double>(report.probabilities[i * columns + columns - 1]);
      analysis.predictions.push_back(score >= 0.5 ? 1 : 0);
      analysis.confidences.push_back(score >= 0.5 ? score : 1 - score);
      continue;
    }
    const auto row = report.probabilities.begin() + static_cast<std::ptrdiff_t>(i * columns);
    const auto best = std::max_element(row, row + static_cast<std::ptrdiff_t>(columns));
    analysis.predictions.push_back(static_cast<std::size_t>(best - row));
    analysis.confidences.push_back(static_cast<double>(*best));
  }
}

ClassCurves curves_of(const std::vector<float>& scores, const std::vector<int>& labels, std::size_t class_index) {
  std::vector<std::uint8_t> is_member(labels.size());
  std::transform(labels.begin(), labels.end(), is_member.begin(), [class_index](int label) {
    return static_cast<std::uint8_t>(static_cast<std::size_t>(label) == class_index);
  });
  return {class_index, roc_curve(scores, is_member), precision_recall_curve(scores, is_member),
          area_under_roc(scores, is_member), average_precision(scores, is_member)};
}

// Wrong answers, the most confident first; equal ones in the images' order.
std::vector<std::size_t> confident_mistakes(const std::vector<std::uint8_t>& is_correct,
                                            const std::vector<double>& confidences) {
  std::vector<std::size_t> mistakes;
  for (std::size_t i = 0; i < is_correct.size(); ++i) {
    if (is_correct[i] == 0) mistakes.push_back(i);
  }
  std::stable_sort(mistakes.begin(), mistakes.end(),
                   [&](std::size_t a, std::size_t b) { return confidences[a] > confidences[b]; });
  return mistakes;
}

}  // namespace

ReportAnalysis analyse(const ModelReport& report) {
  const std::size_t columns = column_count(report);
  const std::size_t classes = report.classes.size();
  std::vector<int> labels;
  for (const ReportImage& image : report.images) labels.push_back(image.label);

  ReportAnalysis analysis;
  analysis.metrics = columns == 1 ? binary_metrics(report.probabilities, labels)
                                  : classification_metrics(report.probabilities, columns, labels);
  predict(report, columns, analysis);
  std::vector<std::uint8_t> is_correct;
  std::vector<int> right_or_wrong;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    right_or_wrong.push_back(analysis.predictions[i] == static_cast<std::size_t>(labels[i]) ? 1 : 0);
    is_correct.push_back(static_cast<std::uint8_t>(right_or_wrong.back()));
  }
  const auto right = std::accumulate(is_correct.begin(), is_correct.end(), std::uint64_t{0});
  analysis.accuracy_interval = wilson_interval(right, labels.size());
  analysis.reliability = reliability_bins(analysis.confidences, is_correct);
  if (classes == 2) {
    const std::vector<float> scores = column_of(report, columns, columns - 1);
    analysis.curves.push_back(curves_of(scores, labels, 1));
    analysis.histogram = score_histogram(scores, labels, 2, kHistogramBins);
  } else {
    for (std::size_t k = 0; k < classes; ++k) {
      analysis.curves.push_back(curves_of(column_of(report, columns, k), labels, k));
    }
    const std::vector<float> confidences(analysis.confidences.begin(), analysis.confidences.end());
    analysis.histogram = score_histogram(confidences, right_or_wrong, 2, kHistogramBins);
  }
  analysis.slices = find_slices(report.images, is_correct);
  analysis.mistakes = confident_mistakes(is_correct, analysis.confidences);
  analysis.label_errors = confident_learning(report.probabilities, columns, labels);
  return analysis;
}

}  // namespace animalctl
