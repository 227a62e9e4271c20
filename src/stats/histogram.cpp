#include "animalctl/stats/histogram.h"

#include <algorithm>

#include <fmt/core.h>

#include "animalctl/base/error.h"

namespace animalctl {

ScoreHistogram score_histogram(std::span<const float> scores, std::span<const int> groups, std::size_t group_count,
                               std::size_t bin_count) {
  if (scores.size() != groups.size()) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("cannot count {} scores in {} groups; one group a score", scores.size(), groups.size()));
  }
  if (bin_count == 0) throw Error(ErrorCode::InvalidArgument, "cannot count scores in 0 bins; at least 1");
  ScoreHistogram histogram{group_count, bin_count, std::vector<std::size_t>(group_count * bin_count)};
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (!(scores[i] >= 0 && scores[i] <= 1)) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("cannot count scores: score {} is {}, not in 0..1", i, scores[i]));
    }
    if (groups[i] < 0 || static_cast<std::size_t>(groups[i]) >= group_count) {
      throw Error(
          ErrorCode::InvalidArgument,
          fmt::format("cannot count scores: item {} is of group {}; there are {} groups", i, groups[i], group_count));
    }
    // In double: a float just below an edge must not be rounded onto it.
    const auto bin = static_cast<std::size_t>(static_cast<double>(scores[i]) * static_cast<double>(bin_count));
    ++histogram.counts[static_cast<std::size_t>(groups[i]) * bin_count + std::min(bin, bin_count - 1)];
  }
  return histogram;
}

}  // namespace animalctl
