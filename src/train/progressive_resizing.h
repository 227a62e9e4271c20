#pragma once

#include "animalctl/model/preprocessing.h"
#include "animalctl/train/train.h"
#include "compat/torch.h"
#include "model/network.h"

namespace animalctl {

// Training on small images first (Howard 2018, "progressive resizing"; Tan, Le 2021): an epoch on images of half the
// side costs a quarter, and what is coarse is learned there. The side begins at TrainConfig::start_share of the model's
// and grows evenly to all of it over the first two thirds of the run. A function of the epoch alone. Thread-safe.
class ProgressiveResizing {
 public:
  // Throws InvalidArgument when the architecture only takes images of one size.
  ProgressiveResizing(const TrainConfig& config, const ArchitectureRow& row, const Preprocessing& preprocessing);

  // The longer side in that epoch, at least 32 (or the model's own, where that is less); a multiple of 8 while it
  // grows.
  int side(int epoch) const;
  // The batch [B, C, H, W] as the epoch sees it: each pixel the mean of what it covers.
  torch::Tensor apply(const torch::Tensor& input, int epoch) const;

 private:
  int full_side_;
  double start_share_;
  double growing_epochs_;
};

}  // namespace animalctl
