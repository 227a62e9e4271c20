#pragma once

#include <cstdint>

#include "compat/torch_script.h"
#include "model/script_description.h"

namespace animalctl {

// TorchServe's image_classifier takes the best five and fails when there are fewer: its output has at least as many
// columns, those without a class at probability 0.
inline constexpr std::int64_t kStockColumns = 5;

// What image_classifier of TorchServe puts a picture through: float32 [B, 3, H, W] of 0 to 1, normalised with
// ImageNet's numbers.
torch::Tensor stock_normalise(const torch::Tensor& unit);

// Makes a module for both servers of a network that takes what `description` says. Its part "network"
// (kScriptNetworkPart) is the network as it was: what `serve` runs, on images that went through the model's own
// preprocessing. Its forward is what TorchServe's image_classifier runs: float32 [B, 3, 224, 224] as stock_normalise()
// makes it → the model's size, colours and normalisation → network → scores [B, max(classes, 5)] whose softmax gives
// the probabilities. `one_by_one`: the network takes a single image only. Throws DataLoss when the network's result is
// not one tensor by its type.
torch::jit::Module make_torchserve_module(const torch::jit::Module& network, const ScriptDescription& description,
                                          bool one_by_one);

}  // namespace animalctl
