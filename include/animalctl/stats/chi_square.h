#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace animalctl {

struct ChiSquareResult {
  double statistic = 0;
  std::size_t degrees_of_freedom = 0;
  double p_value = 1;
  double smallest_expected = 0;  // Cochran's rule: under 5 in over a fifth of the cells, p is a rough guide
};

// Pearson's test of independence in a table of counts (`counts` is [rows * columns], row-major) without continuity
// correction, as scipy.stats.chi2_contingency(table, correction=False). Rows and columns that are all 0 are left out
// (SciPy refuses them): a category nobody has seen tells nothing. With fewer than two rows or columns left nothing can
// depend on anything: statistic 0, p 1. Evidently's default for categories with up to 1,000 items, drift at p < 0.05;
// Alibi Detect's ChiSquareDrift likewise, divided by the number of features.
// Throws InvalidArgument when rows or columns is 0, counts has another length, or all counts are 0. Thread-safe.
ChiSquareResult chi_square_test(std::span<const std::uint64_t> counts, std::size_t rows, std::size_t columns);

// The same for two distributions over the same categories: a table of two rows.
// Throws InvalidArgument when the lengths differ or one side counts nothing.
ChiSquareResult chi_square_two_sample(std::span<const std::uint64_t> reference, std::span<const std::uint64_t> current);

// P(X >= x) of the chi-square distribution, relative error under 1e-12 down to 1e-300.
// Throws InvalidArgument when x is negative or NaN, or degrees_of_freedom is not positive. Thread-safe.
double chi_square_tail(double x, double degrees_of_freedom);

}  // namespace animalctl
