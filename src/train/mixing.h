#pragma once

#include <cstddef>

#include "animalctl/base/random.h"
#include "compat/torch.h"

namespace animalctl {

// CutMix (Yun et al. 2019): each image of a batch gets a rectangle of another's pixels, and as much of its label.
// `input` [B, C, H, W] is changed in place, image i takes from image B − 1 − i, all the same rectangle, its share of
// the area uniform in [0, 1). `targets` float32 [B] are class numbers of `class_count` classes; what is returned is
// what cross_entropy() takes: [B], the share of class 1, for two classes, [B, class_count] for more.
torch::Tensor mix_pairs(torch::Tensor& input, const torch::Tensor& targets, std::size_t class_count,
                        RandomStream& random);

}  // namespace animalctl
