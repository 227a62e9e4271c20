#pragma once

#include <cstdint>
#include <span>

namespace animalctl {

// How far the distribution of what is seen now lies from that of a reference. Counts are of the same bins (binning.h)
// or categories in the same order.

// A share of 0 would make the index infinite; it counts as this, Evidently's value.
inline constexpr double kSmallestShare = 1e-4;

// Population stability index: sum over bins of (q - p) * ln(q / p), p and q the shares of the reference and now, shares
// under kSmallestShare raised to it (Evidently's PSI raises zeros only). Symmetric; 0 for equal shares. Rule of thumb
// (Siddiqi 2006): under 0.1 no shift, over 0.25 a large one; Evidently calls 0.1 drift. Under no drift its mean is
// about (bins - 1) * (1/n + 1/m), so 0.1 with ten bins needs some 200 items on each side.
// Throws InvalidArgument when the lengths differ, there are no bins, or one side counts nothing. Thread-safe.
double population_stability_index(std::span<const std::uint64_t> reference, std::span<const std::uint64_t> current);

// Jensen-Shannon distance: the square root of the Jensen-Shannon divergence (Lin 1991) in natural logarithms, as
// scipy.spatial.distance.jensenshannon(p, q). Range 0 to sqrt(ln 2) = 0.8326; symmetric, a metric. Evidently's default
// for categories with over 1,000 items, drift from 0.1 on. Errors as above. Thread-safe.
double jensen_shannon_distance(std::span<const std::uint64_t> reference, std::span<const std::uint64_t> current);

// 1-Wasserstein ("earth mover's") distance of two samples: the area between their empirical distribution functions, as
// scipy.stats.wasserstein_distance(u, v). In the unit of the values; symmetric; 0 for equal distributions. Cost: two
// sorts. Throws InvalidArgument when a sample is empty or holds what is not finite. Thread-safe.
double wasserstein_distance(std::span<const double> first, std::span<const double> second);

// The same in standard deviations (over n) of the reference, at least 0.001: Evidently's default for numbers with over
// 1,000 items, drift from 0.1 on. Errors as above.
double normalised_wasserstein_distance(std::span<const double> reference, std::span<const double> current);

}  // namespace animalctl
