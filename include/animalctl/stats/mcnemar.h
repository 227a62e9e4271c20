#pragma once

#include <cstdint>

namespace animalctl {

struct McNemarResult {
  double p_value = 1;      // exact, two-sided
  double mid_p_value = 1;  // the same with only half of the observed split's probability
};

// Exact McNemar test of two classifiers on the same items: `only_first` items are right with the
// first only, `only_second` with the second only; items on which they agree do not matter. Under "both
// are equally good" each of the n = only_first + only_second items falls on either side like a fair
// coin, so with k = min(only_first, only_second)
//   p = min(1, 2 * P(X <= k)),  mid-p = 2 * P(X <= k) - P(X = k),  X ~ Binomial(n, 1/2)
// (McNemar, Psychometrika 1947; mid-p: Fagerland, Lydersen, Laake, BMC Med. Res. Methodol. 2013).
// p is that of scipy.stats.binomtest(only_first, n). The relative error stays below 1e-11
// up to n = 1e9, where it costs milliseconds; values under 1e-308 become 0. n = 0 gives 1.
// Throws InvalidArgument when n is over 1e12. Thread-safe.
McNemarResult mcnemar_exact(std::uint64_t only_first, std::uint64_t only_second);

}  // namespace animalctl
