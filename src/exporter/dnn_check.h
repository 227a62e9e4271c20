#pragma once

#include <array>
#include <span>
#include <vector>

#include "animalctl/base/file.h"

namespace animalctl {

// Runs an ONNX network of one input and one output with OpenCV's dnn. `batch`: float32 images of `shape` [B, C, H, W].
// Throws Internal with OpenCV's reason when it cannot read or run the network.
std::vector<float> run_with_opencv(std::span<const std::byte> network, std::span<const float> batch,
                                   const std::array<int, 4>& shape);

}  // namespace animalctl
