#include "drift/feature_reference.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "animalctl/stats/mmd.h"

namespace animalctl::drift {
namespace {

// Vectors of a side that are compared: every pair of both sides is.
constexpr std::size_t kMostReference = 200;
constexpr std::size_t kMostCurrent = 300;
// p-values: of 199 deals none is under 0.005, so a window that looks odd gets as many as Holm's method may ask for.
constexpr int kFewDeals = 199;
constexpr int kManyDeals = 19'999;
constexpr double kRare = 0.02;

std::size_t most_frequent_length(const Sample& sample) {
  std::map<std::size_t, std::size_t> counts;
  for (const lake::PredictionRow* const row : sample) ++counts[row->features.size()];
  counts.erase(0);
  const auto most =
      std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == counts.end() ? 0 : most->first;
}

// Every so many, so that the whole stretch of time has a part.
std::vector<float> thinned(const std::vector<float>& vectors, std::size_t dimensions, std::size_t most) {
  const std::size_t count = vectors.size() / dimensions;
  if (count <= most) return vectors;
  std::vector<float> kept;
  kept.reserve(most * dimensions);
  for (std::size_t i = 0; i < most; ++i) {
    const auto begin = vectors.begin() + static_cast<std::ptrdiff_t>(i * count / most * dimensions);
    kept.insert(kept.end(), begin, begin + static_cast<std::ptrdiff_t>(dimensions));
  }
  return kept;
}

}  // namespace

std::optional<FeatureReference> FeatureReference::of(const Sample& sample, const DriftSettings& settings) {
  FeatureReference reference;
  reference.dimensions_ = most_frequent_length(sample);
  if (reference.dimensions_ == 0) return std::nullopt;
  reference.mean_.assign(reference.dimensions_, 0);
  reference.deviation_.assign(reference.dimensions_, 1);
  const Vectors plain = reference.standardised(sample);
  const std::size_t count = plain.size() / reference.dimensions_;
  if (count < settings.min_reference) return std::nullopt;
  for (std::size_t d = 0; d < reference.dimensions_; ++d) {
    double sum = 0;
    double squares = 0;
    for (std::size_t i = 0; i < count; ++i) sum += plain[i * reference.dimensions_ + d];
    const double mean = sum / static_cast<double>(count);
    for (std::size_t i = 0; i < count; ++i) {
      const double off = plain[i * reference.dimensions_ + d] - mean;
      squares += off * off;
    }
    const double deviation = std::sqrt(squares / static_cast<double>(count));
    reference.mean_[d] = mean;
    reference.deviation_[d] = deviation > 0 ? deviation : 1;
  }
  reference.reference_ = reference.standardised(sample);
  return reference;
}

FeatureReference::Vectors FeatureReference::standardised(const Sample& sample) const {
  Vectors vectors;
  vectors.reserve(sample.size() * dimensions_);
  for (const lake::PredictionRow* const row : sample) {
    if (row->features.size() != dimensions_) continue;
    for (std::size_t d = 0; d < dimensions_; ++d) {
      vectors.push_back(static_cast<float>((static_cast<double>(row->features[d]) - mean_[d]) / deviation_[d]));
    }
  }
  return vectors;
}

WindowTest FeatureReference::test(const Sample& window, const DriftSettings& settings) const {
  WindowTest test;
  const Vectors current = thinned(standardised(window), dimensions_, kMostCurrent);
  if (current.size() / dimensions_ < settings.min_window) return test;
  const Vectors reference = thinned(reference_, dimensions_, kMostReference);
  MmdResult result = mmd_test(reference, current, dimensions_, {kFewDeals, 0});
  if (result.p_value < kRare) result = mmd_test(reference, current, dimensions_, {kManyDeals, 0});
  test.counted = true;
  test.p_value = result.p_value;
  test.effect = std::max(0.0, result.mmd2);
  return test;
}

double FeatureReference::discrepancy(const Sample& sample) const {
  const Vectors current = thinned(standardised(sample), dimensions_, kMostCurrent);
  if (current.size() / dimensions_ < 2) return 0;
  return std::max(0.0, mmd_test(thinned(reference_, dimensions_, kMostReference), current, dimensions_, {1, 0}).mmd2);
}

std::vector<double> FeatureReference::distances(const Sample& sample) const {
  return lengths(standardised(sample));
}

std::vector<double> FeatureReference::own_distances() const {
  return lengths(reference_);
}

std::vector<double> FeatureReference::lengths(const Vectors& vectors) const {
  std::vector<double> lengths;
  for (std::size_t begin = 0; begin < vectors.size(); begin += dimensions_) {
    double squares = 0;
    for (std::size_t d = 0; d < dimensions_; ++d) {
      const double number = vectors[begin + d];
      squares += number * number;
    }
    lengths.push_back(std::sqrt(squares / static_cast<double>(dimensions_)));
  }
  return lengths;
}

}  // namespace animalctl::drift
