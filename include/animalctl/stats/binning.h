#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace animalctl {

// Inner edges that cut `reference` into at most `bins` groups of about equal size: the quantiles 1/bins, 2/bins, … by
// linear interpolation between sorted values (numpy.percentile's default; Hyndman and Fan 1996, type 7). Equal edges
// are kept once, so a sample with few different values gives fewer bins, and a constant one gives two.
// Equal counts in the reference are what a population stability index is usual with (Siddiqi 2006: ten). Evidently
// instead cuts the joint range of both samples into bins of equal width (numpy's "sturges" rule, or 30), which moves
// with one outlier. Result: ascending, 1 to bins - 1 values.
// Throws InvalidArgument when the sample is empty or holds NaN or an infinity, or bins < 2. Thread-safe.
std::vector<double> quantile_edges(std::span<const double> reference, std::size_t bins = 10);

// How many values fall between the edges: group 0 is value < edges[0], group i is edges[i - 1] <= value < edges[i],
// the last is value >= edges.back(). Result: [edges.size() + 1]. No edges: one group.
// Throws InvalidArgument when the edges do not ascend, or a value or an edge is NaN. Thread-safe.
std::vector<std::uint64_t> count_into_bins(std::span<const double> edges, std::span<const double> values);

}  // namespace animalctl
