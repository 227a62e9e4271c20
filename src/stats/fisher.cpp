#include "animalctl/stats/fisher.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "animalctl/base/error.h"

namespace animalctl {
namespace {

// std::lgamma writes the global signgam; this is its thread-safe form.
double log_factorial(std::uint64_t n) {
  int sign = 0;
  return ::lgamma_r(static_cast<double>(n) + 1, &sign);
}

double log_choose(std::uint64_t n, std::uint64_t k) {
  return log_factorial(n) - log_factorial(k) - log_factorial(n - k);
}

}  // namespace

double fisher_exact_less(std::uint64_t successes, std::uint64_t trials, std::uint64_t other_successes,
                         std::uint64_t other_trials) {
  if (successes > trials || other_successes > other_trials) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("cannot compare {} of {} with {} of {}: more successes than trials", successes, trials,
                            other_successes, other_trials));
  }
  const std::uint64_t all_successes = successes + other_successes;
  const std::uint64_t lowest = all_successes > other_trials ? all_successes - other_trials : 0;
  const double log_first = log_choose(all_successes, successes) +
                           log_choose(trials + other_trials - all_successes, trials - successes) -
                           log_choose(trials + other_trials, trials);
  // From the observed split downwards, each term from its neighbour: P(x - 1) / P(x).
  double term = 1;
  double sum = 1;
  for (std::uint64_t x = successes; x > lowest; --x) {
    const double rising = static_cast<double>(x) * static_cast<double>(other_trials - (all_successes - x));
    const double falling = static_cast<double>(all_successes - x + 1) * static_cast<double>(trials - x + 1);
    term *= rising / falling;
    sum += term;
  }
  // Far above what chance gives, the first probability vanishes and the sum overflows: together they are 1.
  return std::isfinite(sum) ? std::min(1.0, std::exp(log_first + std::log(sum))) : 1.0;
}

}  // namespace animalctl
