#pragma once

#include <memory>

#include "animalctl/model/predictor.h"

namespace animalctl {

// Loads a checkpoint or a TorchScript file for inference. Throws what open_model() throws, and Unavailable when the
// device is not there.
std::unique_ptr<Predictor> load_predictor(const PredictorOptions& options);

}  // namespace animalctl
