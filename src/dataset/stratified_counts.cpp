#include "dataset/stratified_counts.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace animalctl {
namespace {

constexpr double kImpossible = std::numeric_limits<double>::infinity();

// 0.1 × 30 is a hair above 3 in binary: such a product counts as the whole number.
double floor_of_product(double product) {
  return std::floor(product + 1e-9);
}

// Convex in `count`, with a steep rise outside the floor and ceiling of `exact`, so that no optimum leaves
// them unless the totals force it.
double cell_cost(double exact, double count) {
  constexpr double kSteep = 1e6;
  const double low = floor_of_product(exact);
  const double high = std::ceil(exact - 1e-9);
  const double outside = std::max({0.0, low - count, count - high});
  return (count - exact) * (count - exact) + kSteep * outside;
}

// The table under repair: rows are right, columns not yet.
class Table {
 public:
  Table(std::span<const std::size_t> group_sizes, const std::array<double, kPartCount>& shares)
      : group_sizes_(group_sizes), shares_(shares) {
    for (const std::size_t size : group_sizes) cells_.push_back(round_by_largest_remainder(size, shares));
  }

  // Moves one item from column `from` to column `to`, directly or by way of the third column, in the rows
  // where that costs least. Rows start at their own optimum and each such move is a cheapest path, so the
  // table stays optimal for its column sums (successive shortest paths).
  void move(std::size_t from, std::size_t to) {
    const std::size_t third = kPartCount - from - to;
    const Step direct = cheapest(from, to);
    const Step first = cheapest(from, third);
    const Step second = cheapest(third, to);
    if (direct.cost <= first.cost + second.cost) {
      apply(direct, from, to);
    } else {
      apply(first, from, third);
      apply(second, third, to);
    }
  }

  std::size_t column_sum(std::size_t part) const {
    return std::accumulate(cells_.begin(), cells_.end(), std::size_t{0},
                           [&](std::size_t sum, const PartCounts& row) { return sum + row[part]; });
  }

  std::vector<PartCounts> take() { return std::move(cells_); }

 private:
  struct Step {
    std::size_t row = 0;
    double cost = kImpossible;
  };

  double change(std::size_t row, std::size_t part, double by) const {
    const double exact = static_cast<double>(group_sizes_[row]) * shares_[part];
    const auto count = static_cast<double>(cells_[row][part]);
    return cell_cost(exact, count + by) - cell_cost(exact, count);
  }

  Step cheapest(std::size_t from, std::size_t to) const {
    Step best;
    for (std::size_t row = 0; row < cells_.size(); ++row) {
      if (cells_[row][from] == 0) continue;
      const double cost = change(row, from, -1) + change(row, to, +1);
      if (cost < best.cost) best = {row, cost};
    }
    return best;
  }

  void apply(const Step& step, std::size_t from, std::size_t to) {
    --cells_[step.row][from];
    ++cells_[step.row][to];
  }

  std::span<const std::size_t> group_sizes_;
  const std::array<double, kPartCount>& shares_;
  std::vector<PartCounts> cells_;
};

}  // namespace

PartCounts round_by_largest_remainder(std::size_t count, const std::array<double, kPartCount>& shares) {
  PartCounts counts{};
  std::array<double, kPartCount> remainders{};
  std::size_t given = 0;
  for (std::size_t part = 0; part < kPartCount; ++part) {
    const double exact = static_cast<double>(count) * shares[part];
    counts[part] = static_cast<std::size_t>(floor_of_product(exact));
    remainders[part] = exact - floor_of_product(exact);
    given += counts[part];
  }
  while (given < count) {
    // Remainders that differ only by rounding errors are equal: the earlier part gets the item.
    std::size_t best = 0;
    for (std::size_t part = 1; part < kPartCount; ++part) {
      if (remainders[part] > remainders[best] + 1e-9) best = part;
    }
    ++counts[best];
    remainders[best] -= 1;
    ++given;
  }
  return counts;
}

std::vector<PartCounts> stratified_counts(std::span<const std::size_t> group_sizes,
                                          const std::array<double, kPartCount>& shares, const PartCounts& totals) {
  Table table(group_sizes, shares);
  while (true) {
    std::size_t over = kPartCount;
    std::size_t under = kPartCount;
    for (std::size_t part = 0; part < kPartCount; ++part) {
      const std::size_t sum = table.column_sum(part);
      if (sum > totals[part]) over = part;
      if (sum < totals[part]) under = part;
    }
    if (over == kPartCount || under == kPartCount) return table.take();
    table.move(over, under);
  }
}

}  // namespace animalctl
