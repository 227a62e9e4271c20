#include "animalctl/stats/ks_test.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "stats/kolmogorov.h"
#include "stats/sample.h"

namespace animalctl {
namespace {

// The largest distance of the two distribution functions in units of 1 / lcm(m, n): whole numbers have no rounding.
struct Distance {
  std::uint64_t steps = 0;
  double location = 0;
};

Distance largest_distance(const std::vector<double>& a, const std::vector<double>& b) {
  const std::uint64_t divisor = std::gcd(a.size(), b.size());
  const auto a_step = static_cast<std::int64_t>(b.size() / divisor);
  const auto b_step = static_cast<std::int64_t>(a.size() / divisor);
  Distance largest{0, a.front()};
  std::int64_t difference = 0;
  std::size_t i = 0;
  std::size_t j = 0;
  // When one sample has ended, the difference only shrinks to 0.
  while (i < a.size() && j < b.size()) {
    const double at = std::min(a[i], b[j]);
    for (; i < a.size() && a[i] == at; ++i) difference += a_step;
    for (; j < b.size() && b[j] == at; ++j) difference -= b_step;
    const auto size = static_cast<std::uint64_t>(std::abs(difference));
    if (size > largest.steps) largest = {size, at};
  }
  return largest;
}

}  // namespace

KsResult ks_two_sample(std::span<const double> first, std::span<const double> second, KsMethod method) {
  const std::vector<double> a = sorted_sample(first, "first");
  const std::vector<double> b = sorted_sample(second, "second");
  const Distance distance = largest_distance(a, b);
  const auto m = static_cast<double>(a.size());
  const auto n = static_cast<double>(b.size());
  KsResult result;
  result.location = distance.location;
  result.statistic = static_cast<double>(distance.steps) / (m / static_cast<double>(std::gcd(a.size(), b.size())) * n);
  result.exact = method == KsMethod::Exact || (method == KsMethod::Auto && m * n <= static_cast<double>(kKsExactCells));
  if (result.exact) {
    result.p_value = ks_exact_tail(a.size(), b.size(), distance.steps);
  } else {
    const auto size = static_cast<std::uint64_t>(std::max(1.0, std::nearbyint(m * n / (m + n))));
    result.p_value = ks_one_sample_tail(size, result.statistic);
  }
  return result;
}

}  // namespace animalctl
