#pragma once

#include "animalctl/model/predictor.h"
#include "compat/torch.h"

namespace animalctl {

// The device a run uses. Auto is CUDA when LibTorch has it and a GPU is there, else the CPU. Throws
// Unavailable when CUDA is asked for and is not there.
torch::Device resolve_device(Device device);

// Whether this processor has instructions that multiply bfloat16 numbers (AVX512-BF16; what has AMX has them too).
// Without them LibTorch can work in bfloat16, but slower than in float32.
bool processor_has_bfloat16();

}  // namespace animalctl
