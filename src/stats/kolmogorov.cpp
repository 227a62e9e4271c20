#include "stats/kolmogorov.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

namespace animalctl {
namespace {

using std::numbers::pi;

// From this n * d^2 on, both sides are reached by too few samples to matter: twice one side is exact in doubles.
constexpr double kOneSidedFrom = 2.2;

double log_gamma(double x) {
  int sign = 0;
  return ::lgamma_r(x, &sign);
}

// P(D+_n >= d): d * sum over j of C(n, j) (d + j/n)^(j-1) (1 - d - j/n)^(n-j), every term positive.
double one_sided_tail(double n, double d) {
  if (d >= 1) return 0;
  const double log_factorial = log_gamma(n + 1);
  const double last = std::floor(n * (1 - d));
  double sum = 0;
  for (double j = 0; j <= last; ++j) {
    const double rest = 1 - d - j / n;
    if (!(rest > 0)) break;
    const double log_choose = log_factorial - log_gamma(j + 1) - log_gamma(n - j + 1);
    sum += std::exp(log_choose + (j - 1) * std::log(d + j / n) + (n - j) * std::log(rest));
  }
  return std::min(1.0, d * sum);
}

// P(D_n < d) by Pelz and Good's four terms in powers of 1/sqrt(n); x = d * sqrt(n).
double pelz_good(double n, double x) {
  const double z2 = x * x;
  const double z4 = z2 * z2;
  const double z6 = z4 * z2;
  const double pi2 = pi * pi;
  const double pi4 = pi2 * pi2;
  double k0 = 0;
  double k1 = 0;
  double k2 = 0;
  double k2_tail = 0;
  double k3 = 0;
  double k3_tail = 0;
  constexpr int kTerms = 40;
  for (int k = kTerms; k >= 0; --k) {
    const double half = k + 0.5;
    const double h2 = half * half;
    const double weight = std::exp(-pi2 * h2 / (2 * z2));
    k0 += weight;
    k1 += (pi2 * h2 - z2) * weight;
    k2 += (6 * z6 + 2 * z4 + pi2 * (2 * z4 - 5 * z2) * h2 + pi4 * (1 - 2 * z2) * h2 * h2) * weight;
    k3 += (-30 * z6 - 90 * z6 * z2 + pi2 * (135 * z4 - 96 * z6) * h2 + pi4 * (212 * z4 - 60 * z2) * h2 * h2 +
           pi4 * pi2 * (5 - 30 * z2) * h2 * h2 * h2) *
          weight;
    if (k == 0) continue;
    const double whole2 = static_cast<double>(k) * k;
    const double whole_weight = std::exp(-pi2 * whole2 / (2 * z2));
    k2_tail += whole2 * pi2 * whole_weight;
    k3_tail += (-pi4 * whole2 * whole2 + 3 * pi2 * z2 * whole2) * whole_weight;
  }
  const double root = std::sqrt(2 * pi);
  const double root_half = std::sqrt(pi / 2);
  k0 *= root / x;
  k1 *= root_half / (3 * z4);
  k2 = k2 * root_half / (36 * z6 * x) - k2_tail * root_half / (18 * z2 * x);
  k3 = k3 * root_half / (3240 * z6 * z4) + k3_tail * root_half / (108 * z6);
  return std::clamp(k0 + (k1 + (k2 + k3 / std::sqrt(n)) / std::sqrt(n)) / std::sqrt(n), 0.0, 1.0);
}

}  // namespace

double ks_exact_tail(std::uint64_t m, std::uint64_t n, std::uint64_t steps) {
  if (steps == 0) return 1;
  const std::uint64_t divisor = std::gcd(m, n);
  const auto up = static_cast<std::int64_t>(n / divisor);
  const auto across = static_cast<std::int64_t>(m / divisor);
  const auto limit = static_cast<std::int64_t>(steps);
  // reached[j]: the probability that a random path to (i, j) has reached the limit. Its last step came from
  // (i - 1, j) with probability i / (i + j).
  std::vector<double> reached(n + 1, 0.0);
  for (std::uint64_t i = 0; i <= m; ++i) {
    std::int64_t distance = static_cast<std::int64_t>(i) * up;
    const auto left = static_cast<double>(i);
    for (std::uint64_t j = 0; j <= n; ++j, distance -= across) {
      if (std::abs(distance) >= limit) {
        reached[j] = 1;
      } else if (i + j > 0) {
        const auto below = static_cast<double>(j);
        const double from_below = j > 0 ? reached[j - 1] : 0.0;
        const double from_left = i > 0 ? reached[j] : 0.0;
        reached[j] = (left * from_left + below * from_below) / (left + below);
      }
    }
  }
  return std::min(1.0, reached[n]);
}

double ks_one_sample_tail(std::uint64_t n, double d) {
  const auto size = static_cast<double>(n);
  if (d >= 1) return 0;
  if (d <= 0.5 / size) return 1;
  if (d >= 0.5 || size * d * d >= kOneSidedFrom) return std::min(1.0, 2 * one_sided_tail(size, d));
  return 1 - pelz_good(size, d * std::sqrt(size));
}

}  // namespace animalctl
