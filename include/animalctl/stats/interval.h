#pragma once

#include <cstdint>

namespace animalctl {

struct Interval {
  double low = 0;
  double high = 1;
};

// Wilson score interval of a share (Wilson, JASA 1927, without continuity correction): the true
// shares that `successes` of `trials` do not contradict at `confidence` (e.g. 0.95, two-sided).
// 0 trials tell nothing: the result is 0..1. Throws InvalidArgument when successes > trials or
// confidence is not inside (0, 1). Thread-safe.
Interval wilson_interval(std::uint64_t successes, std::uint64_t trials, double confidence = 0.95);

// The z with P(|Z| <= z) = `confidence` for a standard normal Z, e.g. 1.95996 for 0.95; accurate to
// 1e-14. Throws InvalidArgument when confidence is not inside (0, 1). Thread-safe.
double normal_quantile_two_sided(double confidence);

}  // namespace animalctl
