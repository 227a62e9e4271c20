#pragma once

#include <memory>

#include "animalctl/model/serving_model.h"

namespace animalctl {

// Loads a checkpoint or a TorchScript file to serve it. Throws what load_predictor() throws, DataLoss when its answers
// to example images are not finite, InvalidArgument when max_batch is not in 1..kMostInBatch, and Unavailable when bf16
// is insisted on and does not agree with float32.
std::unique_ptr<ServingModel> load_serving_model(const ServingOptions& options);

inline constexpr int kMostInBatch = 1024;

}  // namespace animalctl
