#pragma once

#include "animalctl/model/predictor.h"
#include "compat/torch.h"

namespace animalctl {

// The device a run uses. Auto is CUDA when LibTorch has it and a GPU is there, else the CPU. Throws
// Unavailable when CUDA is asked for and is not there.
torch::Device resolve_device(Device device);

}  // namespace animalctl
