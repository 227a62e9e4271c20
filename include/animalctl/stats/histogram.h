#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace animalctl {

// How many items of each group have a score in each bin.
struct ScoreHistogram {
  std::size_t group_count = 0;
  std::size_t bin_count = 0;
  std::vector<std::size_t> counts;  // [group_count * bin_count]

  std::size_t at(std::size_t group, std::size_t bin) const { return counts[group * bin_count + bin]; }
};

// Counts scores in 0..1 into `bin_count` bins of equal width; bin m of M is [m / M, (m + 1) / M), and 1 belongs to
// the last. `groups[i]` in [0, group_count) belongs to `scores[i]`: the label, or right and wrong.
// Throws InvalidArgument when the lengths differ, a score is NaN or outside 0..1, a group is out of range, or
// `bin_count` is 0. Thread-safe.
ScoreHistogram score_histogram(std::span<const float> scores, std::span<const int> groups, std::size_t group_count,
                               std::size_t bin_count);

}  // namespace animalctl
