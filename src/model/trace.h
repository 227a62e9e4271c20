#pragma once

#include <functional>

#include "compat/torch_script.h"

namespace animalctl {

// Records what `function` does with `example` as a TorchScript module with one method, forward(input). The module has
// the tree of `network` (its submodules, parameters and buffers by name) and shares its tensors, so its state dict has
// the network's names. The recording holds for every batch size but for the example's other sides; what depends on
// training mode is recorded as the network's mode is now. Gradients are not recorded. Not thread-safe.
torch::jit::Module trace(const torch::nn::Module& network, const torch::Tensor& example,
                         const std::function<torch::Tensor(const torch::Tensor&)>& function);

}  // namespace animalctl
