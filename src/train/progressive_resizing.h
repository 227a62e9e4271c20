#pragma once

#include "animalctl/model/preprocessing.h"
#include "animalctl/train/train.h"
#include "compat/torch.h"
#include "model/network.h"

namespace animalctl {

// Training on small images first (Howard 2018, "progressive resizing"; Tan, Le 2021): an epoch on images of half the
// side costs a quarter, and what is coarse is learned there. The side begins at TrainConfig::start_share of the model's
// and grows evenly to end_share over the first two thirds of the run. Where the images of training are parts of
// photographs (AugmentKind::Crop) an animal is larger in them than in the photograph as it is answered for, so that a
// model answers best at a larger size than it was trained at (Touvron et al. 2019): an end_share below 1. A function of
// the epoch alone. Thread-safe.
class ProgressiveResizing {
 public:
  // Throws InvalidArgument when the architecture only takes images of one size.
  ProgressiveResizing(const TrainConfig& config, const ArchitectureRow& row, const Preprocessing& preprocessing);

  // How images come to apply(): as the model wants them, at the size of the last epochs.
  const Preprocessing& largest() const { return largest_; }
  // The longer side in that epoch, at least 32 (or the last epochs', where that is less); a multiple of 8 while it
  // grows.
  int side(int epoch) const;
  // A batch [B, C, H, W] of largest() images as the epoch sees it: each pixel the mean of what it covers.
  torch::Tensor apply(const torch::Tensor& input, int epoch) const;

 private:
  Preprocessing largest_;
  int end_side_ = 0;
  double growth_;  // start_share ÷ end_share
  double growing_epochs_;
};

}  // namespace animalctl
