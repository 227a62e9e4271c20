#pragma once

#include <memory>

#include "model/network.h"

namespace animalctl {

// A network small enough to be trained from nothing on two cores in minutes: RGB 64 × 64, a strided 4 × 4 stem and
// three stages of two 3 × 3 convolutions with 48, 96 and 192 channels. In a stage the first convolution is followed by
// max pooling (the order of airbench, Jordan 2024), the second is added to what it was given (He et al. 2016); each is
// batch-normalised. When it answers it looks at the image and at its mirror image and takes the mean of the two raw
// scores (airbench too): a model property, so train, evaluate, serve and every export do the same.
// The least image side is 32.
Preprocessing smallcnn_preprocessing();
std::shared_ptr<Network> make_smallcnn(const NetworkOptions& options);

}  // namespace animalctl
