#include "animalctl/stats/ranking.h"

#include "stats/tie_groups.h"

namespace animalctl {

std::optional<double> area_under_roc(std::span<const float> scores, std::span<const std::uint8_t> is_positive) {
  // Twice the pairs won, in whole numbers: 2 a win, 1 a tie.
  std::uint64_t doubled_wins = 0;
  std::uint64_t positives = 0;
  std::uint64_t negatives = 0;
  for (const TieGroup& group : tie_groups(scores, is_positive)) {
    doubled_wins += group.negatives * (2 * positives + group.positives);
    positives += group.positives;
    negatives += group.negatives;
  }
  if (positives == 0 || negatives == 0) return std::nullopt;
  return static_cast<double>(doubled_wins) / (2 * static_cast<double>(positives) * static_cast<double>(negatives));
}

std::optional<double> average_precision(std::span<const float> scores, std::span<const std::uint8_t> is_positive) {
  double weighted = 0;
  std::uint64_t positives = 0;
  std::uint64_t items = 0;
  for (const TieGroup& group : tie_groups(scores, is_positive)) {
    positives += group.positives;
    items += group.positives + group.negatives;
    weighted += static_cast<double>(group.positives) * static_cast<double>(positives) / static_cast<double>(items);
  }
  if (positives == 0) return std::nullopt;
  return weighted / static_cast<double>(positives);
}

}  // namespace animalctl
