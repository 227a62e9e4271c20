#include "stats/binomial.h"

#include <cmath>
#include <limits>
#include <numbers>

namespace animalctl {
namespace {

// log(n!) - log(sqrt(2 pi n) (n/e)^n), the error of Stirling's formula, n >= 1.
double stirling_error(std::uint64_t n) {
  constexpr std::uint64_t kSeriesFrom = 16;
  double correction = 0;
  // The series is good to the last bit from 16 on; below, error(n) follows from error(n + 1).
  for (; n < kSeriesFrom; ++n) {
    const auto x = static_cast<double>(n);
    correction += (x + 0.5) * std::log1p(1 / x) - 1;
  }
  const auto x = static_cast<double>(n);
  const double square = x * x;
  const double series =
      (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - 1.0 / 1188 / square) / square) / square) / square) / x;
  return correction + series;
}

// x log(x / mean) + mean - x without cancellation, x >= 1.
double deviance_part(double x, double mean) {
  const double difference = x - mean;
  if (std::abs(difference) >= 0.1 * (x + mean)) return x * std::log(x / mean) - difference;
  const double ratio = difference / (x + mean);
  double sum = difference * ratio;
  double term = 2 * x * ratio;
  for (int j = 1;; ++j) {
    term *= ratio * ratio;
    const double next = sum + term / (2 * j + 1);
    if (next == sum) return sum;
    sum = next;
  }
}

}  // namespace

double fair_binomial_probability(std::uint64_t k, std::uint64_t n) {
  const auto trials = static_cast<double>(n);
  if (k == 0 || k == n) return std::exp2(-trials);
  const auto low = static_cast<double>(k);
  const auto high = static_cast<double>(n - k);
  const double exponent = stirling_error(n) - stirling_error(k) - stirling_error(n - k) -
                          deviance_part(low, trials / 2) - deviance_part(high, trials / 2);
  return std::exp(exponent) * std::sqrt(trials / (2 * std::numbers::pi * low * high));
}

double fair_binomial_lower_tail(std::uint64_t k, std::uint64_t n) {
  double term = fair_binomial_probability(k, n);
  double sum = term;
  // Terms fall at least geometrically away from the middle, so about 6 sqrt(n) of them matter.
  for (std::uint64_t i = k; i > 0; --i) {
    term *= static_cast<double>(i) / static_cast<double>(n - i + 1);
    sum += term;
    if (term < sum * std::numeric_limits<double>::epsilon() / 16) break;
  }
  return sum;
}

}  // namespace animalctl
