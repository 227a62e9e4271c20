#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "animalctl/drift/drift_report.h"
#include "drift/feature_reference.h"
#include "drift/inputs.h"

namespace animalctl::drift {

// What is normal: the sample that windows are compared with, and how. Immutable; thread-safe.
class Reference {
 public:
  Reference(Sample sample, const DriftSettings& settings);

  const Sample& sample() const { return sample_; }

  // A number's values in the reference.
  struct Number {
    const NumberInput* input = nullptr;
    std::vector<double> sorted;
    double mean = 0;
    double deviation = 0;  // standard deviation, never 0
  };
  // Of the inputs of which the reference has enough values, in the report's order.
  const std::vector<Number>& numbers() const { return numbers_; }

  // Nothing when the reference has too few answers with features.
  const std::optional<FeatureReference>& features() const { return features_; }

  // The names of what is tested: the numbers, the class, the features if there are such.
  std::vector<std::string_view> names() const;

  // Tests a window: a result for each name. Numbers: Kolmogorov-Smirnov and the normalised Wasserstein distance. The
  // class: chi-square over the classes that are frequent enough, the others together, and the Jensen-Shannon distance.
  // Features: maximum mean discrepancy with permutations. p-values are adjusted by Holm's method over those that
  // counted.
  std::vector<WindowTest> test(const Sample& window) const;

 private:
  WindowTest test_number(const Number& number, const Sample& window) const;
  WindowTest test_classes(const Sample& window) const;

  const Sample sample_;
  const DriftSettings settings_;
  std::vector<Number> numbers_;
  std::optional<FeatureReference> features_;
};

// How often each class was answered, the first sample's most frequent first (by name where equal).
struct ClassCounts {
  std::vector<std::string> names;
  std::vector<std::uint64_t> first;
  std::vector<std::uint64_t> second;
};
ClassCounts count_classes(const Sample& first, const Sample& second);

// Holm's step-down adjustment (Scand. J. Statist. 1979): an adjusted value ≤ alpha is significant at a family-wise
// error rate of alpha, whatever the dependence. The result has the order of `p_values`.
std::vector<double> holm_adjusted(const std::vector<double>& p_values);

}  // namespace animalctl::drift
