#pragma once

#include "compat/torch.h"

namespace animalctl {

// Mean binary cross-entropy over a batch, weighted per sample:
//   L = 1/B · Σ wᵢ · −(yᵢ·log pᵢ + (1−yᵢ)·log(1−pᵢ)),  logs clamped at −100 as torch.nn.BCELoss does.
// `probabilities` float32 [B] in (0, 1); `targets` float32 [B], 0 or 1; `weights` float32 [B], or undefined
// for all ones (torch.nn.BCELoss(weight=…) has the same meaning). Returns a scalar with gradient.
torch::Tensor binary_cross_entropy(const torch::Tensor& probabilities, const torch::Tensor& targets,
                                   const torch::Tensor& weights = {});

}  // namespace animalctl
