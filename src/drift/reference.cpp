#include "drift/reference.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "animalctl/stats/chi_square.h"
#include "animalctl/stats/distribution_distance.h"
#include "animalctl/stats/fisher.h"
#include "animalctl/stats/ks_test.h"

namespace animalctl::drift {
namespace {

// Cochran's rule: with fewer expected, a chi-square's p-value is a rough guide.
constexpr double kSmallestExpected = 5;
// As normalised_wasserstein_distance() has it.
constexpr double kSmallestDeviation = 0.001;

// Classes that a window of this size is expected to hold too few of are counted together, as the last.
ClassCounts with_rare_together(const ClassCounts& all, std::size_t reference_size, std::size_t window_size) {
  ClassCounts merged;
  std::uint64_t rare_first = 0;
  std::uint64_t rare_second = 0;
  for (std::size_t i = 0; i < all.names.size(); ++i) {
    const double expected = static_cast<double>(all.first[i]) * static_cast<double>(window_size) /
                            static_cast<double>(std::max<std::size_t>(reference_size, 1));
    if (expected >= kSmallestExpected) {
      merged.names.push_back(all.names[i]);
      merged.first.push_back(all.first[i]);
      merged.second.push_back(all.second[i]);
    } else {
      rare_first += all.first[i];
      rare_second += all.second[i];
    }
  }
  if (rare_first + rare_second > 0) {
    merged.names.emplace_back("others");
    merged.first.push_back(rare_first);
    merged.second.push_back(rare_second);
  }
  return merged;
}

// Two-sided: twice the smaller tail, at most 1.
double fisher_two_sided(std::uint64_t a, std::uint64_t a_all, std::uint64_t b, std::uint64_t b_all) {
  return std::min(1.0, 2 * std::min(fisher_exact_less(a, a_all, b, b_all), fisher_exact_less(b, b_all, a, a_all)));
}

// Chi-square where it holds. Two classes, and the rare ones against the rest, are tested exactly.
double class_p_value(const ClassCounts& counts, std::size_t reference_size, std::size_t window_size) {
  const std::size_t last = counts.names.size() - 1;
  const double exact = fisher_two_sided(counts.second[last], window_size, counts.first[last], reference_size);
  if (counts.names.size() == 2) return exact;
  const ChiSquareResult table = chi_square_two_sample(counts.first, counts.second);
  if (table.smallest_expected >= kSmallestExpected) return table.p_value;
  // Without the rare ones the table holds; two tests were made then.
  const std::vector<std::uint64_t> first(counts.first.begin(), counts.first.end() - 1);
  const std::vector<std::uint64_t> second(counts.second.begin(), counts.second.end() - 1);
  const bool frequent = std::accumulate(second.begin(), second.end(), std::uint64_t{0}) > 0;
  return std::min(1.0, 2 * std::min(exact, frequent ? chi_square_two_sample(first, second).p_value : 1.0));
}

}  // namespace

ClassCounts count_classes(const Sample& first, const Sample& second) {
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> counted;
  for (const lake::PredictionRow* const row : first) ++counted[row->label].first;
  for (const lake::PredictionRow* const row : second) ++counted[row->label].second;
  std::vector<std::pair<std::string, std::pair<std::uint64_t, std::uint64_t>>> sorted(counted.begin(), counted.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second.first > b.second.first; });
  ClassCounts counts;
  for (auto& [name, pair] : sorted) {
    counts.names.push_back(name);
    counts.first.push_back(pair.first);
    counts.second.push_back(pair.second);
  }
  return counts;
}

std::vector<double> holm_adjusted(const std::vector<double>& p_values) {
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
  std::vector<double> adjusted(p_values.size());
  double largest = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    largest = std::max(largest, std::min(1.0, static_cast<double>(order.size() - i) * p_values[order[i]]));
    adjusted[order[i]] = largest;
  }
  return adjusted;
}

Reference::Reference(Sample sample, const DriftSettings& settings) : sample_(std::move(sample)), settings_(settings) {
  for (const NumberInput& input : number_inputs()) {
    Number number{&input, values_of(input, sample_), 0, 0};
    if (number.sorted.size() < settings_.min_reference) continue;
    std::sort(number.sorted.begin(), number.sorted.end());
    const auto count = static_cast<double>(number.sorted.size());
    number.mean = std::accumulate(number.sorted.begin(), number.sorted.end(), 0.0) / count;
    double squares = 0;
    for (const double value : number.sorted) squares += (value - number.mean) * (value - number.mean);
    number.deviation = std::max(kSmallestDeviation, std::sqrt(squares / count));
    numbers_.push_back(std::move(number));
  }
  features_ = FeatureReference::of(sample_, settings_);
}

std::vector<std::string_view> Reference::names() const {
  std::vector<std::string_view> names;
  for (const Number& number : numbers_) names.push_back(number.input->name);
  names.push_back(kClassInput);
  if (features_) names.push_back(kFeaturesInput);
  return names;
}

std::vector<WindowTest> Reference::test(const Sample& window) const {
  std::vector<WindowTest> tests;
  std::vector<double> floors;
  for (const Number& number : numbers_) {
    tests.push_back(test_number(number, window));
    floors.push_back(settings_.min_wasserstein);
  }
  tests.push_back(test_classes(window));
  floors.push_back(settings_.min_jensen_shannon);
  if (features_) {
    tests.push_back(features_->test(window, settings_));
    floors.push_back(settings_.min_mmd);
  }
  std::vector<double> p_values;
  for (const WindowTest& test : tests) {
    if (test.counted) p_values.push_back(test.p_value);
  }
  const std::vector<double> adjusted = holm_adjusted(p_values);
  auto next = adjusted.begin();
  for (std::size_t i = 0; i < tests.size(); ++i) {
    if (!tests[i].counted) continue;
    tests[i].adjusted_p_value = *next++;
    tests[i].drifted = tests[i].adjusted_p_value <= settings_.alpha && tests[i].effect >= floors[i];
  }
  return tests;
}

WindowTest Reference::test_number(const Number& number, const Sample& window) const {
  WindowTest test;
  const std::vector<double> values = values_of(*number.input, window);
  if (values.size() < settings_.min_window) return test;
  test.counted = true;
  // The exact distribution would cost a hundred times as much and differ by less than one part in ten.
  test.p_value = ks_two_sample(number.sorted, values, KsMethod::Asymptotic).p_value;
  test.effect = normalised_wasserstein_distance(number.sorted, values);
  return test;
}

WindowTest Reference::test_classes(const Sample& window) const {
  WindowTest test;
  if (window.size() < settings_.min_window || sample_.size() < settings_.min_reference) return test;
  test.counted = true;
  const ClassCounts counts = with_rare_together(count_classes(sample_, window), sample_.size(), window.size());
  if (counts.names.size() < 2) return test;  // one class on both sides
  test.p_value = class_p_value(counts, sample_.size(), window.size());
  test.effect = jensen_shannon_distance(counts.first, counts.second);
  return test;
}

}  // namespace animalctl::drift
