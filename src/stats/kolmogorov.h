#pragma once

#include <cstdint>

namespace animalctl {

// P(D >= d) for the two-sample statistic of `m` and `n` untied values, where d = steps * gcd / (m * n): the share of
// lattice paths from (0, 0) to (m, n) on which |i * n - j * m| / gcd reaches `steps` at some point.
double ks_exact_tail(std::uint64_t m, std::uint64_t n, std::uint64_t steps);

// P(D_n >= d) of the one-sample two-sided statistic; see ks_test.h. 1 <= n.
double ks_one_sample_tail(std::uint64_t n, double d);

}  // namespace animalctl
