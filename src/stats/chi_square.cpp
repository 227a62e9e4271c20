#include "animalctl/stats/chi_square.h"

#include <algorithm>
#include <limits>
#include <vector>

#include <fmt/core.h>

#include "animalctl/base/error.h"
#include "stats/incomplete_gamma.h"

namespace animalctl {
namespace {

struct Margins {
  std::vector<double> rows;
  std::vector<double> columns;
  double total = 0;
};

Margins margins_of(std::span<const std::uint64_t> counts, std::size_t rows, std::size_t columns) {
  Margins margins{std::vector<double>(rows, 0.0), std::vector<double>(columns, 0.0), 0};
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto count = static_cast<double>(counts[i]);
    margins.rows[i / columns] += count;
    margins.columns[i % columns] += count;
    margins.total += count;
  }
  return margins;
}

std::size_t positive(const std::vector<double>& sums) {
  return static_cast<std::size_t>(std::count_if(sums.begin(), sums.end(), [](double sum) { return sum > 0; }));
}

}  // namespace

double chi_square_tail(double x, double degrees_of_freedom) {
  if (!(x >= 0) || !(degrees_of_freedom > 0)) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("no chi-square tail at {} with {} degrees of freedom; both must be positive", x,
                            degrees_of_freedom));
  }
  return upper_incomplete_gamma(degrees_of_freedom / 2, x / 2);
}

ChiSquareResult chi_square_test(std::span<const std::uint64_t> counts, std::size_t rows, std::size_t columns) {
  if (rows == 0 || columns == 0 || counts.size() / columns != rows || counts.size() % columns != 0) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("{} counts do not make a table of {} rows and {} columns", counts.size(), rows, columns));
  }
  const Margins margins = margins_of(counts, rows, columns);
  if (margins.total == 0) throw Error(ErrorCode::InvalidArgument, "all counts are 0; nothing can be compared");
  ChiSquareResult result;
  result.degrees_of_freedom = (positive(margins.rows) - 1) * (positive(margins.columns) - 1);
  result.smallest_expected = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double expected = margins.rows[i / columns] * margins.columns[i % columns] / margins.total;
    if (expected == 0) continue;
    const double difference = static_cast<double>(counts[i]) - expected;
    result.statistic += difference * difference / expected;
    result.smallest_expected = std::min(result.smallest_expected, expected);
  }
  if (result.degrees_of_freedom == 0) {
    result.statistic = 0;
  } else {
    result.p_value = chi_square_tail(result.statistic, static_cast<double>(result.degrees_of_freedom));
  }
  return result;
}

ChiSquareResult chi_square_two_sample(std::span<const std::uint64_t> reference,
                                      std::span<const std::uint64_t> current) {
  const auto counts_something = [](std::span<const std::uint64_t> counts) {
    return std::any_of(counts.begin(), counts.end(), [](std::uint64_t count) { return count > 0; });
  };
  if (reference.size() != current.size() || !counts_something(reference) || !counts_something(current)) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("{} counts of the reference and {} of now: both need the same categories and at least one "
                            "item",
                            reference.size(), current.size()));
  }
  std::vector<std::uint64_t> table(reference.begin(), reference.end());
  table.insert(table.end(), current.begin(), current.end());
  return chi_square_test(table, 2, reference.size());
}

}  // namespace animalctl
