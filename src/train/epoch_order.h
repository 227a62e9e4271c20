#pragma once

#include <cstdint>
#include <vector>

#include "compat/torch.h"

namespace animalctl {

// The order of the training images in each epoch, equal to that of the seed's two Python DataLoaders after
// torch.manual_seed(seed): a loader draws two 64-bit numbers from the default generator each epoch (its base
// seed, then its sampler's) and permutes with a generator seeded by the second; the validation loader draws
// two as well. A pure function of (seed, count, epoch), so a resumed run continues the same sequence.
class EpochOrder {
 public:
  EpochOrder(std::uint64_t seed, std::size_t count);

  // A permutation of 0..count-1. Cheap when epochs are asked for in rising order.
  std::vector<std::int64_t> permutation(int epoch);

 private:
  void restart();
  std::int64_t draw();

  std::uint64_t seed_;
  std::int64_t count_;
  at::Generator generator_;
  int next_epoch_ = 0;
};

}  // namespace animalctl
