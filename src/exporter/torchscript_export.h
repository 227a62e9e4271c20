#pragma once

#include <cstdint>
#include <string>

#include "compat/torch_script.h"
#include "model/description.h"
#include "model/network.h"

namespace animalctl {

// Records the network's probabilities of float32 [B, C, H, W], B free, as TorchScript. The network is in eval mode.
torch::jit::Module record_probabilities(Network& network, const Preprocessing& preprocessing);
// What `serve` runs.
struct ServingRecording {
  torch::jit::Module module;
  std::int64_t projection = 0;  // columns
};
// The same of its raw scores, for a reader that may run it in bfloat16 and makes probabilities of them in float32, and
// behind them, where the network has features, their projection to kProjectionSize numbers: by the same random matrix
// for all networks with so many features, so that the distances between images stay about what they were (Johnson and
// Lindenstrauss 1984). Registers the matrix with the network.
ServingRecording record_for_serving(Network& network, const Preprocessing& preprocessing);
inline constexpr std::int64_t kProjectionSize = 32;

// The bytes of a TorchScript file with the description in its extra files.
std::string serialize_script(const torch::jit::Module& module, const ModelDescription& description);

}  // namespace animalctl
