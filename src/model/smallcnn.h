#pragma once

#include <memory>

#include "model/network.h"

namespace animalctl {

// A residual network small enough to be trained from nothing on two cores in minutes: RGB 64 × 64, a strided 3 × 3
// stem and four stages of one residual block each (He et al. 2016) with 32, 64, 128 and 256 channels; 1.2 million
// weights. When it answers it looks at the image and at its mirror image and takes the mean of the two raw scores
// (as airbench, Jordan 2024): a model property, so train, evaluate, serve and every export do the same.
// The least image side is 32.
Preprocessing smallcnn_preprocessing();
std::shared_ptr<Network> make_smallcnn(const NetworkOptions& options);

}  // namespace animalctl
