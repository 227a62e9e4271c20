#include "animalctl/stats/distribution_distance.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

#include <fmt/core.h>

#include "animalctl/base/error.h"
#include "stats/sample.h"

namespace animalctl {
namespace {

constexpr double kSmallestDeviation = 0.001;

std::vector<double> shares_of(std::span<const std::uint64_t> counts, const char* name) {
  double sum = 0;
  for (const std::uint64_t count : counts) sum += static_cast<double>(count);
  if (sum == 0) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("the {} counts are all 0; nothing can be compared", name));
  }
  std::vector<double> shares;
  shares.reserve(counts.size());
  for (const std::uint64_t count : counts) shares.push_back(static_cast<double>(count) / sum);
  return shares;
}

void check_lengths(std::span<const std::uint64_t> reference, std::span<const std::uint64_t> current) {
  if (reference.size() == current.size() && !reference.empty()) return;
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("{} bins of the reference and {} of now; both need the same bins, at least one",
                          reference.size(), current.size()));
}

// p ln(p / m), 0 for p = 0: the limit.
double relative_entropy_term(double p, double m) {
  return p > 0 ? p * std::log(p / m) : 0;
}

// Standard deviation over n, in two passes: the spread of a reference far from 0 keeps its digits.
double standard_deviation(std::span<const double> values) {
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / count);
}

}  // namespace

double population_stability_index(std::span<const std::uint64_t> reference, std::span<const std::uint64_t> current) {
  check_lengths(reference, current);
  const std::vector<double> before = shares_of(reference, "reference");
  const std::vector<double> now = shares_of(current, "current");
  double index = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const double p = std::max(before[i], kSmallestShare);
    const double q = std::max(now[i], kSmallestShare);
    index += (q - p) * std::log(q / p);
  }
  return index;
}

double jensen_shannon_distance(std::span<const std::uint64_t> reference, std::span<const std::uint64_t> current) {
  check_lengths(reference, current);
  const std::vector<double> before = shares_of(reference, "reference");
  const std::vector<double> now = shares_of(current, "current");
  double divergence = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const double middle = (before[i] + now[i]) / 2;
    divergence += relative_entropy_term(before[i], middle) + relative_entropy_term(now[i], middle);
  }
  // Rounding may leave a little under 0 for equal shares.
  return std::sqrt(std::max(0.0, divergence / 2));
}

double wasserstein_distance(std::span<const double> first, std::span<const double> second) {
  const std::vector<double> a = sorted_sample(first, "first");
  const std::vector<double> b = sorted_sample(second, "second");
  const auto a_count = static_cast<double>(a.size());
  const auto b_count = static_cast<double>(b.size());
  double distance = 0;
  double at = std::min(a.front(), b.front());
  std::size_t i = 0;
  std::size_t j = 0;
  // Between neighbouring values of both samples together, both distribution functions are constant.
  while (i < a.size() || j < b.size()) {
    const double next = j == b.size() || (i < a.size() && a[i] <= b[j]) ? a[i] : b[j];
    const double gap = std::abs(static_cast<double>(i) / a_count - static_cast<double>(j) / b_count);
    distance += gap * (next - at);
    at = next;
    while (i < a.size() && a[i] == at) ++i;
    while (j < b.size() && b[j] == at) ++j;
  }
  return distance;
}

double normalised_wasserstein_distance(std::span<const double> reference, std::span<const double> current) {
  const double distance = wasserstein_distance(reference, current);
  return distance / std::max(standard_deviation(reference), kSmallestDeviation);
}

}  // namespace animalctl
