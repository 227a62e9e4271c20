#pragma once

#include <memory>

#include "model/network.h"

namespace animalctl {

// SqueezeNet 1.1 (Iandola et al. 2016) with the tensors of torchvision's squeezenet1_1: features.0 … features.12,
// classifier.1 (a 1 × 1 convolution). 512 features: the means of the last maps. The published head clips its scores at
// zero before taking the mean; that would make every P(classes[1]) at least one half, so heads here do not, except the
// published one itself: 1,000 classes. The least image side is 32.
std::shared_ptr<Network> make_squeezenet1_1(const NetworkOptions& options);

}  // namespace animalctl
