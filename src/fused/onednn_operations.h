#pragma once

#include <optional>

#include "compat/onednn.h"
#include "fused/layers.h"

namespace animalctl {

// float32, the same with 3 × 3 convolutions by Winograd's algorithm (Lavin and Gray, arXiv:1509.09308) where oneDNN has
// it, or bfloat16 maps and weights with float32 sums.
enum class FusedArithmetic { Float32, Winograd, Bfloat16 };

// The processor as oneDNN sees it; one for the whole program. Thread-safe.
const dnnl::engine& onednn_engine();

// Attributes of a primitive whose scratchpad is an argument: the library's own would be shared by the threads that run
// it. A new object each time, because copies of one are the same object.
dnnl::primitive_attr callers_scratchpad();

// How oneDNN names an activation, and its two numbers.
struct OneDnnActivation {
  dnnl::algorithm algorithm;
  float first;
  float second;
};
OneDnnActivation onednn_activation(const Activation& activation);

onednn::Dims pair_of(const std::int64_t (&pair)[2]);

// How many places a kernel has along one side (0: height, 1: width) of a map. Throws Unimplemented when it is larger
// than the map and its padding.
std::int64_t count_places(std::int64_t size, const Window& window, int side, bool reaches_over = false);

// The shape of a convolution's weights as oneDNN has it: grouped ones have one dimension more.
onednn::Dims weight_dims(const ConvolutionLayer& convolution);

// The map that a convolution adds to its result.
std::optional<MapNumber> map_added_by(const ConvolutionLayer& convolution);

// source: [B, C, H, W]. target: where the result goes; a layout of `any` is chosen by the library, as those of the
// source and the weights are. Throws Unimplemented when oneDNN has its slow reference form only, dnnl::error when it
// has none.
dnnl::convolution_forward::primitive_desc describe_convolution(const ConvolutionLayer& convolution,
                                                               FusedArithmetic arithmetic, const onednn::Dims& source,
                                                               const onednn::Description& target);
bool is_winograd(const dnnl::convolution_forward::primitive_desc& description);

dnnl::memory::data_type map_type(FusedArithmetic arithmetic);

}  // namespace animalctl
