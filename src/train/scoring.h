#pragma once

#include <vector>

#include "model/network.h"
#include "train/frame_store.h"

namespace animalctl {

// P(classes[1]) of every frame of a store that holds the network's own preparation, in the store's order. The
// network must be in eval mode on `device`. Batches are as large as pays; their size does not matter to the caller.
std::vector<float> score_store(Network& network, torch::Device device, const Preprocessing& preprocessing,
                               const FrameStore& store, std::size_t batch_size = 256);

}  // namespace animalctl
