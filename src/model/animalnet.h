#pragma once

#include <memory>

#include "model/network.h"

namespace animalctl {

// The seed's model: Linear(width·height, 1) and a sigmoid over grey pixels; tensors fc1.weight [1, w·h] and
// fc1.bias [1]. Two classes only.
Preprocessing animalnet_preprocessing();
std::shared_ptr<Network> make_animalnet(const NetworkOptions& options);

}  // namespace animalctl
