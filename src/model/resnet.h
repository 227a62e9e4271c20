#pragma once

#include <memory>

#include "model/network.h"

namespace animalctl {

// ResNet-18, -34 and -50 (He et al. 2016; -50 with the stride in the 3 × 3 convolution, as torchvision) with the
// tensors of torchvision's models: conv1, bn1, layer1 … layer4, fc. 512, 512 and 2,048 features. The least image side
// is 32.
std::shared_ptr<Network> make_resnet18(const NetworkOptions& options);
std::shared_ptr<Network> make_resnet34(const NetworkOptions& options);
std::shared_ptr<Network> make_resnet50(const NetworkOptions& options);

}  // namespace animalctl
