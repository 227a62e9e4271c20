#pragma once

#include <cstdint>

namespace animalctl {

// P(X = k) for X ~ Binomial(n, 1/2), k <= n. Saddle-point form of Loader, "Fast and Accurate
// Computation of Binomial Probabilities" (2000): unlike a difference of lgamma values it keeps its
// relative accuracy for any n, and unlike lgamma it touches no global variable.
double fair_binomial_probability(std::uint64_t k, std::uint64_t n);

// P(X <= k) for the same X, k <= n / 2.
double fair_binomial_lower_tail(std::uint64_t k, std::uint64_t n);

}  // namespace animalctl
