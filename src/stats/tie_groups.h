#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace animalctl {

// The items of one score.
struct TieGroup {
  float score = 0;
  std::uint64_t positives = 0;
  std::uint64_t negatives = 0;
};

// Items grouped by equal score, the highest score first. Cost: one sort. Throws InvalidArgument when the lengths
// differ or a score is NaN.
std::vector<TieGroup> tie_groups(std::span<const float> scores, std::span<const std::uint8_t> is_positive);

}  // namespace animalctl
