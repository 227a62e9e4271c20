#pragma once

#include <memory>
#include <vector>

#include "compat/torch_graph.h"
#include "fused/layers.h"

namespace animalctl {

// A network in two parts: its beginning as layers that oneDNN knows, and the rest as TorchScript.
struct Trunk {
  struct Output {
    MapNumber map = 0;
    bool flat = false;  // [B, C] where the map is [B, C, 1, 1]
  };
  std::vector<FusedLayer> layers;  // in an order in which they can be computed, not fused yet
  std::vector<Output> outputs;     // what the rest reads, one at least
  // Takes the network's input and, after it, the outputs as float32. One output.
  std::shared_ptr<torch::jit::Graph> rest;
};

// Splits a recorded network, which is frozen for it, at the first operator that has no layer. `module`: in eval mode,
// on the CPU in float32, forward(Tensor) → Tensor; not changed. Throws Unimplemented when there is no convolution
// before that operator.
Trunk read_trunk(const torch::jit::Module& module);

}  // namespace animalctl
