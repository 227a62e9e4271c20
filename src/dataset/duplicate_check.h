#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "animalctl/base/digest.h"
#include "animalctl/dataset/check_dataset.h"

namespace animalctl {

// A decoded frame.
struct ExaminedFrame {
  std::string name;
  int label = -1;  // -1: none known
  Digest digest;
  std::uint64_t perceptual_hash = 0;
};

// ExactDuplicate, NearDuplicate and ConflictingLabels among the frames, which are sorted by name.
// Copies of one content are one finding; of near pictures the pairs that connect them are reported.
std::vector<Finding> find_duplicates(std::span<const ExaminedFrame> frames, const ClassList& classes,
                                     int near_distance);

}  // namespace animalctl
