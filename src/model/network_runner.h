#pragma once

#include <memory>

#include "animalctl/model/predictor.h"
#include "model/open_model.h"
#include "model/serving_runner.h"

namespace animalctl {

// Runs any network by LibTorch, the way that model/serving_plan.h finds quickest. Throws what ServingPlan does.
std::unique_ptr<ServingRunner> make_network_runner(const OpenModel& model, int max_batch, Precision precision,
                                                   torch::Device device);

}  // namespace animalctl
