#include "stats/incomplete_gamma.h"

#include <cmath>
#include <limits>

namespace animalctl {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

// x^a e^-x / Gamma(a)
double factor(double a, double x) {
  int sign = 0;
  return std::exp(a * std::log(x) - x - ::lgamma_r(a, &sign));
}

double lower_series(double a, double x) {
  double term = 1 / a;
  double sum = term;
  for (double n = a + 1; term > sum * kEpsilon / 4; ++n) {
    term *= x / n;
    sum += term;
  }
  return sum * factor(a, x);
}

double upper_fraction(double a, double x) {
  constexpr double kTiny = 1e-300;
  double b = x + 1 - a;
  double c = 1 / kTiny;
  double d = 1 / b;
  double value = d;
  for (double n = 1;; ++n) {
    const double numerator = -n * (n - a);
    b += 2;
    d = numerator * d + b;
    if (std::abs(d) < kTiny) d = kTiny;
    c = b + numerator / c;
    if (std::abs(c) < kTiny) c = kTiny;
    d = 1 / d;
    const double change = d * c;
    value *= change;
    if (std::abs(change - 1) <= kEpsilon) return value * factor(a, x);
  }
}

}  // namespace

double upper_incomplete_gamma(double a, double x) {
  if (x == 0) return 1;
  if (std::isinf(x)) return 0;
  return x < a + 1 ? 1 - lower_series(a, x) : upper_fraction(a, x);
}

}  // namespace animalctl
