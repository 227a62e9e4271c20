#include "drift/input_summary.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>
#include <string>

#include "animalctl/stats/binning.h"
#include "animalctl/stats/distribution_distance.h"

namespace animalctl::drift {
namespace {

constexpr std::size_t kBars = 10;

double mean_of(const std::vector<double>& values) {
  if (values.empty()) return 0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double index_of(const std::vector<Bar>& bars) {
  std::vector<std::uint64_t> reference;
  std::vector<std::uint64_t> current;
  for (const Bar& bar : bars) {
    reference.push_back(bar.reference);
    current.push_back(bar.current);
  }
  const auto total = [](const std::vector<std::uint64_t>& counts) {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  };
  return total(reference) > 0 && total(current) > 0 ? population_stability_index(reference, current) : 0;
}

// Deciles of the reference; the outer ones reach to the extremes of both.
std::vector<Bar> bars_of(const std::vector<double>& reference, const std::vector<double>& current) {
  const std::vector<double> edges = quantile_edges(reference, kBars);
  const std::vector<std::uint64_t> before = count_into_bins(edges, reference);
  const std::vector<std::uint64_t> now = count_into_bins(edges, current);
  const auto [low, high] = std::minmax_element(reference.begin(), reference.end());
  double lowest = std::min(*low, edges.front());
  double highest = std::max(*high, edges.back());
  for (const double value : current) {
    lowest = std::min(lowest, value);
    highest = std::max(highest, value);
  }
  std::vector<Bar> bars;
  for (std::size_t i = 0; i < before.size(); ++i) {
    Bar bar;
    bar.low = i == 0 ? lowest : edges[i - 1];
    bar.high = i == edges.size() ? highest : edges[i];
    bar.name = bar.low == bar.high ? fmt::format("{:.4g}", bar.low) : fmt::format("{:.4g} … {:.4g}", bar.low, bar.high);
    bar.reference = before[i];
    bar.current = now[i];
    bars.push_back(std::move(bar));
  }
  return bars;
}

std::vector<Bar> class_bars(const Sample& reference, const Sample& current) {
  const ClassCounts counts = count_classes(reference, current);
  std::vector<Bar> bars;
  for (std::size_t i = 0; i < counts.names.size(); ++i) {
    if (i < kBars) {
      bars.push_back({counts.names[i], 0, 0, counts.first[i], counts.second[i]});
      continue;
    }
    if (i == kBars) bars.push_back({"others", 0, 0, 0, 0});
    bars.back().reference += counts.first[i];
    bars.back().current += counts.second[i];
  }
  return bars;
}

void judge_input(InputDrift& input, const DriftSettings& settings) {
  std::vector<std::uint8_t> hits;
  for (const WindowTest& test : input.windows) {
    if (test.counted) hits.push_back(test.drifted ? 1 : 0);
  }
  const PersistenceVerdict verdict = persistent_drift(hits, settings.persistence);
  input.hits = verdict.hits;
  input.looked = verdict.looked;
  // With fewer windows than must agree nothing can be said.
  if (verdict.looked >= settings.persistence.needed)
    input.verdict = verdict.drifted ? Verdict::Drifted : Verdict::Stable;
}

InputDrift number_summary(const Reference::Number& number, const Sample& current) {
  InputDrift input;
  input.input = number.input->name;
  input.test = "kolmogorov-smirnov";
  input.effect_name = "wasserstein";
  input.reference_count = number.sorted.size();
  input.reference_mean = number.mean;
  const std::vector<double> values = values_of(*number.input, current);
  input.current_count = values.size();
  input.current_mean = mean_of(values);
  input.bars = bars_of(number.sorted, values);
  input.psi = index_of(input.bars);
  if (!values.empty()) input.effect = normalised_wasserstein_distance(number.sorted, values);
  return input;
}

InputDrift class_summary(const Sample& reference, const Sample& current) {
  InputDrift input;
  input.input = kClassInput;
  input.test = "chi-square";
  input.effect_name = "jensen-shannon";
  input.reference_count = reference.size();
  input.current_count = current.size();
  input.bars = class_bars(reference, current);
  input.psi = index_of(input.bars);
  const ClassCounts counts = count_classes(reference, current);
  if (!reference.empty() && !current.empty()) input.effect = jensen_shannon_distance(counts.first, counts.second);
  return input;
}

// What one looks at are the distances from the reference's centre; the test compares the vectors themselves.
InputDrift features_summary(const FeatureReference& reference, const Sample& current) {
  InputDrift input;
  input.input = kFeaturesInput;
  input.test = "mmd";
  input.effect_name = "mmd2";
  std::vector<double> before = reference.own_distances();
  const std::vector<double> now = reference.distances(current);
  input.reference_count = before.size();
  input.reference_mean = mean_of(before);
  input.current_count = now.size();
  input.current_mean = mean_of(now);
  std::sort(before.begin(), before.end());
  input.bars = bars_of(before, now);
  input.psi = index_of(input.bars);
  input.effect = reference.discrepancy(current);
  return input;
}

// Classes stand after the confidence: what the model says, then what the camera sends.
void move_class_forward(std::vector<InputDrift>& inputs) {
  const auto of_camera = std::find_if(inputs.begin(), inputs.end(), [](const InputDrift& input) {
    return input.input != "score" && input.input != "confidence";
  });
  const auto of_class =
      std::find_if(of_camera, inputs.end(), [](const InputDrift& input) { return input.input == kClassInput; });
  std::rotate(of_camera, of_class, of_class + 1);
}

double floor_of(std::string_view input, const DriftSettings& settings) {
  if (input == kClassInput) return settings.min_jensen_shannon;
  if (input == kFeaturesInput) return settings.min_mmd;
  return settings.min_wasserstein;
}

}  // namespace

std::vector<InputDrift> summarise_inputs(const Reference& reference, std::span<const Sample> windows,
                                         const DriftSettings& settings) {
  Sample current;
  for (const Sample& window : windows) current.insert(current.end(), window.begin(), window.end());
  std::vector<InputDrift> inputs;
  for (const Reference::Number& number : reference.numbers()) inputs.push_back(number_summary(number, current));
  inputs.push_back(class_summary(reference.sample(), current));
  if (reference.features()) inputs.push_back(features_summary(*reference.features(), current));
  for (const Sample& window : windows) {
    const std::vector<WindowTest> tests = reference.test(window);
    for (std::size_t i = 0; i < inputs.size(); ++i) inputs[i].windows.push_back(tests[i]);
  }
  for (InputDrift& input : inputs) {
    input.floor = floor_of(input.input, settings);
    judge_input(input, settings);
  }
  move_class_forward(inputs);
  return inputs;
}

}  // namespace animalctl::drift
