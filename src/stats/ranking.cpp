#include "animalctl/stats/ranking.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <fmt/core.h>

#include "animalctl/base/error.h"

namespace animalctl {

std::optional<double> area_under_roc(std::span<const float> scores, std::span<const std::uint8_t> is_positive) {
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
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });

  // Twice the pairs won, in whole numbers: 2 a win, 1 a tie.
  std::uint64_t doubled_wins = 0;
  std::uint64_t positives = 0;
  std::uint64_t negatives = 0;
  for (std::size_t begin = 0; begin < order.size();) {
    std::uint64_t tied_positives = 0;
    std::size_t end = begin;
    for (; end < order.size() && scores[order[end]] == scores[order[begin]]; ++end) {
      tied_positives += is_positive[order[end]] != 0;
    }
    const std::uint64_t tied_negatives = end - begin - tied_positives;
    doubled_wins += tied_positives * (2 * negatives + tied_negatives);
    positives += tied_positives;
    negatives += tied_negatives;
    begin = end;
  }
  if (positives == 0 || negatives == 0) return std::nullopt;
  return static_cast<double>(doubled_wins) / (2 * static_cast<double>(positives) * static_cast<double>(negatives));
}

}  // namespace animalctl
