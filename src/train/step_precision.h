#pragma once

#include <string>

#include "animalctl/train/train.h"
#include "compat/torch.h"
#include "model/network.h"

namespace animalctl {

// The arithmetic of the steps that train a network, or part of its backbone: Fp32 or Bf16 (the weights, what the
// optimizer does and the validation stay float32). Decided by the settings, the architecture and the machine's
// features, never by a race, so that two runs do not differ.
//   asked fp32   Fp32
//   asked bf16   Bf16
//   asked auto   Bf16 on a GPU, and on a CPU that has instructions for it where the architecture gains by them
// Throws Unavailable when bf16 is asked for and the processor has no instructions for it.
Precision choose_step_precision(Precision asked, const ArchitectureRow& row, torch::Device device,
                                bool processor_has_bfloat16);

// That of a run that is resumed from `origin`: `saved`, as the run began. Throws FailedPrecondition when something else
// is asked for now, or when this processor has no instructions for what was used then.
Precision resume_step_precision(Precision saved, Precision asked, torch::Device device, bool processor_has_bfloat16,
                                const std::string& origin);

}  // namespace animalctl
