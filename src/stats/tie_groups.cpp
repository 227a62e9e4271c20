#include "stats/tie_groups.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/core.h>

#include "animalctl/base/error.h"

namespace animalctl {

std::vector<TieGroup> tie_groups(std::span<const float> scores, std::span<const std::uint8_t> is_positive) {
  if (scores.size() != is_positive.size()) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("cannot rank {} scores with {} labels; one label a score",
                                                        scores.size(), is_positive.size()));
  }
  const auto nan = std::find_if(scores.begin(), scores.end(), [](float score) { return std::isnan(score); });
  if (nan != scores.end()) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("cannot rank: score {} is not a number", nan - scores.begin()));
  }
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  std::vector<TieGroup> groups;
  for (const std::size_t item : order) {
    if (groups.empty() || groups.back().score != scores[item]) groups.push_back({scores[item], 0, 0});
    ++(is_positive[item] != 0 ? groups.back().positives : groups.back().negatives);
  }
  return groups;
}

}  // namespace animalctl
