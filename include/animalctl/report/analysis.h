#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "animalctl/report/model_report.h"
#include "animalctl/stats/calibration.h"
#include "animalctl/stats/confident_learning.h"
#include "animalctl/stats/curves.h"
#include "animalctl/stats/histogram.h"
#include "animalctl/stats/interval.h"
#include "animalctl/stats/metrics.h"

namespace animalctl {

// Curves of one class against all others.
struct ClassCurves {
  std::size_t class_index = 0;
  std::vector<RocPoint> roc;                           // empty when the set lacks the class or all others
  std::vector<PrecisionRecallPoint> precision_recall;  // empty when the set lacks the class
  std::optional<double> auc;
  std::optional<double> average_precision;
};

// As many mistakes are shown as pictures.
inline constexpr std::size_t kShownMistakes = 24;

// A part of the images.
struct Slice {
  std::string group;  // "Size", "Brightness" or "Source"
  std::string name;   // e.g. "smallest third, up to 0.11 megapixels"
  std::size_t count = 0;
  std::size_t correct = 0;
  double accuracy = 0;
  Interval interval;      // Wilson, 95 %
  double p_value = 1;     // fisher_exact_less against all other images of the group
  bool is_worse = false;  // p_value <= 0.05 / number of slices (Bonferroni)
};

// What the numbers of a ModelReport are.
struct ReportAnalysis {
  ClassificationMetrics metrics;
  Interval accuracy_interval;               // Wilson, 95 %
  std::vector<std::size_t> predictions;     // [images]
  std::vector<double> confidences;          // [images], probability of the predicted class
  std::vector<ClassCurves> curves;          // two classes: one entry, of class 1; more: one a class
  std::vector<ReliabilityBin> reliability;  // 15 bins
  // Two classes: P(classes[1]) by label. More: the confidence, group 0 wrong and group 1 right answers.
  ScoreHistogram histogram;
  std::vector<Slice> slices;
  std::vector<std::size_t> mistakes;  // indices of images, the most confident mistake first
  ConfidentLearning label_errors;     // which labels are probably wrong; honest for images the model did not learn from
};

// Computes the numbers. A group of slices is there when it has at least two: thirds by pixel count and by brightness
// (equal values stay together), sources by number of images, those beyond twelve together.
// Throws InvalidArgument when there is no image, there are fewer than two classes, `probabilities` has another size,
// a probability is not in 0..1 or a label is out of range. Thread-safe.
ReportAnalysis analyse(const ModelReport& report);

}  // namespace animalctl
