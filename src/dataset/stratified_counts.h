#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "animalctl/dataset/split.h"

namespace animalctl {

using PartCounts = std::array<std::size_t, kPartCount>;

// `count` × share for each share, rounded so that the results add up to `count`: everyone gets the floor,
// the largest remainders get one more (ties: the earlier). Shares add up to 1.
PartCounts round_by_largest_remainder(std::size_t count, const std::array<double, kPartCount>& shares);

// A table of whole numbers with a row a group: row g adds up to group_sizes[g], column p to totals[p], and
// each cell is group_sizes[g] × shares[p] rounded up or down where the totals allow it, with the least sum
// of squared rounding errors. The sums of group_sizes and totals must be equal.
std::vector<PartCounts> stratified_counts(std::span<const std::size_t> group_sizes,
                                          const std::array<double, kPartCount>& shares, const PartCounts& totals);

}  // namespace animalctl
