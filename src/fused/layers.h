#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "compat/torch.h"

namespace animalctl {

// A network's maps, [B, C, H, W] each, have numbers; 0 is its input.
using MapNumber = int;
constexpr MapNumber kInputMap = 0;

// What is done to each number of a map.
struct Activation {
  enum class Kind { Relu, LeakyRelu, Clip, Silu, HardSwish, Sigmoid };
  Kind kind = Kind::Relu;
  float first = 0;   // LeakyRelu: the slope below 0; Clip: the lowest value
  float second = 0;  // Clip: the highest value
};

// Where a kernel looks; {height, width} each. Padding is the same on both sides.
struct Window {
  std::int64_t kernel[2] = {1, 1};
  std::int64_t stride[2] = {1, 1};
  std::int64_t padding[2] = {0, 0};
  std::int64_t dilation[2] = {1, 1};
};

// Adds another map of the same shape.
struct AddMap {
  MapNumber map = 0;
};
// Done to each result of a convolution before it is written, one after the other.
using FusedStep = std::variant<Activation, AddMap>;

struct ConvolutionLayer {
  Window window;
  std::int64_t groups = 1;
  torch::Tensor weight;  // float32 [outputs, inputs / groups, height, width], contiguous
  torch::Tensor bias;    // float32 [outputs]
  std::vector<FusedStep> steps;
};

struct MaxPoolLayer {
  Window window;
  // The last window may reach over the edge (PyTorch's ceil_mode).
  bool reaches_over = false;
};

// The mean of each channel; the result is [B, C, 1, 1].
struct GlobalMeanLayer {};

struct ActivationLayer {
  Activation activation;
};

// The sum of its two inputs.
struct AddLayer {};

// The inputs' channels, one after the other.
struct ConcatenateLayer {};

// Left and right change places; of the network's input only.
struct MirrorLayer {};

struct FusedLayer {
  std::vector<MapNumber> inputs;
  MapNumber output = 0;
  std::variant<ConvolutionLayer, MaxPoolLayer, GlobalMeanLayer, ActivationLayer, AddLayer, ConcatenateLayer,
               MirrorLayer>
      what;
};

// How often each map is read, by layers and by `outputs`; the index is the map's number.
std::vector<int> count_uses(const std::vector<FusedLayer>& layers, const std::vector<MapNumber>& outputs);

// Moves activations and sums into the convolution before them, where nothing else reads what is between. A sum goes
// there when the map that is added is read for the last time, because the result is written over it. Layers stay in
// their order, which is one in which they can be computed.
void fuse_layers(std::vector<FusedLayer>& layers, const std::vector<MapNumber>& outputs);

}  // namespace animalctl
