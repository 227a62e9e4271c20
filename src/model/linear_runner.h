#pragma once

#include <memory>
#include <vector>

#include "model/open_model.h"
#include "model/serving_runner.h"

namespace animalctl {

// animalnet without LibTorch: P(classes[1]) = σ(w·x + b). One image takes a fraction of a microsecond, where a call of
// LibTorch takes tens. Null when the model is no animalnet, or when its own answers are farther than 1e-6 from these.
std::unique_ptr<ServingRunner> make_linear_runner(const OpenModel& model, int max_batch);

}  // namespace animalctl
