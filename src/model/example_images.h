#pragma once

#include "animalctl/model/preprocessing.h"
#include "compat/torch.h"

namespace animalctl {

// Images to compare two ways of running a model with, the same in every run: float32 [count, C, H, W] as preprocessing
// leaves them. Smooth surfaces, edges and noise of different contrast and brightness, because a network that sees noise
// only may give the same certain answer whatever is wrong with it.
torch::Tensor example_images(const Preprocessing& preprocessing, int count);

}  // namespace animalctl
