#pragma once

#include <vector>

#include "model/network.h"
#include "train/samples.h"

namespace animalctl {

// The network's probabilities for every sample, in order: [samples × network.outputs()], row-major. The network must
// be in eval mode on `device`. Batches are as large as pays; their size does not matter to the caller.
std::vector<float> score_samples(Network& network, torch::Device device, const Samples& samples,
                                 std::size_t batch_size = 256);

}  // namespace animalctl
