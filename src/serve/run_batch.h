#pragma once

#include <span>

#include "animalctl/model/serving_model.h"
#include "serve/slot_pool.h"

namespace animalctl::serve {

// Runs the images of `jobs`, which are slots, together and fills their outputs. One image that the network cannot take
// must not fail its neighbours: after a failure each is run alone, and those that fail again have their `failure` set.
void run_batch(const ServingModel& model, std::span<batching::Job* const> jobs);

}  // namespace animalctl::serve
