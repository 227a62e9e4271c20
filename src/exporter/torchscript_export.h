#pragma once

#include <string>

#include "compat/torch_script.h"
#include "model/description.h"
#include "model/network.h"

namespace animalctl {

// Records the network's probabilities of float32 [B, C, H, W], B free, as TorchScript. The network is in eval mode.
torch::jit::Module record_probabilities(Network& network, const Preprocessing& preprocessing);
// The same of its raw scores: for a reader that may run it in bfloat16 and makes probabilities of them in float32.
torch::jit::Module record_logits(Network& network, const Preprocessing& preprocessing);

// The bytes of a TorchScript file with the description in its extra files.
std::string serialize_script(const torch::jit::Module& module, const ModelDescription& description);

}  // namespace animalctl
