#include "animalctl/stats/binning.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "animalctl/base/error.h"
#include "stats/sample.h"

namespace animalctl {

std::vector<double> quantile_edges(std::span<const double> reference, std::size_t bins) {
  if (bins < 2) throw Error(ErrorCode::InvalidArgument, fmt::format("{} bins; at least 2 are needed", bins));
  const std::vector<double> sorted = sorted_sample(reference, "reference");
  std::vector<double> edges;
  for (std::size_t i = 1; i < bins; ++i) {
    const double edge = sorted_quantile(sorted, static_cast<double>(i) / static_cast<double>(bins));
    if (edges.empty() || edge > edges.back()) edges.push_back(edge);
  }
  return edges;
}

std::vector<std::uint64_t> count_into_bins(std::span<const double> edges, std::span<const double> values) {
  for (std::size_t i = 0; i < edges.size(); ++i) {
    if (std::isnan(edges[i]) || (i > 0 && !(edges[i] > edges[i - 1]))) {
      throw Error(ErrorCode::InvalidArgument, fmt::format("edge {} ({}) is not above the one before", i, edges[i]));
    }
  }
  std::vector<std::uint64_t> counts(edges.size() + 1, 0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) throw Error(ErrorCode::InvalidArgument, fmt::format("value {} is not a number", i));
    const auto above = std::upper_bound(edges.begin(), edges.end(), values[i]);
    ++counts[static_cast<std::size_t>(above - edges.begin())];
  }
  return counts;
}

}  // namespace animalctl
