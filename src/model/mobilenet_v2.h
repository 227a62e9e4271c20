#pragma once

#include <memory>

#include "model/network.h"

namespace animalctl {

// MobileNetV2 (Sandler et al. 2018), width 1.0, with the tensors of torchvision's mobilenet_v2:
// features.0 … features.18, classifier.1. 1,280 features. The least image side is 32.
std::shared_ptr<Network> make_mobilenet_v2(const NetworkOptions& options);

}  // namespace animalctl
