#pragma once

#include <memory>

#include "animalctl/model/predictor.h"

namespace animalctl {

// Loads a checkpoint for inference. Throws what read_model_file() throws, and Unavailable when the device is not
// there.
std::unique_ptr<Predictor> load_predictor(const PredictorOptions& options);

}  // namespace animalctl
