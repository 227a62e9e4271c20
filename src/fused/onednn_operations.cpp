#include "fused/onednn_operations.h"

#include <string_view>

#include "animalctl/base/error.h"

namespace animalctl {
namespace {

using dnnl::memory;
using onednn::Description;
using onednn::Dims;

bool suits_winograd(const ConvolutionLayer& convolution) {
  const Window& window = convolution.window;
  const auto all = [](const std::int64_t(&pair)[2], std::int64_t value) {
    return pair[0] == value && pair[1] == value;
  };
  return convolution.groups == 1 && all(window.kernel, 3) && all(window.stride, 1) && all(window.dilation, 1);
}

dnnl::primitive_attr attributes_of(const ConvolutionLayer& convolution) {
  dnnl::post_ops steps;
  for (const FusedStep& step : convolution.steps) {
    if (const auto* const activation = std::get_if<Activation>(&step)) {
      const OneDnnActivation known = onednn_activation(*activation);
      onednn::append_elementwise(steps, known.algorithm, known.first, known.second);
    } else {
      steps.append_sum(1.0F);
    }
  }
  dnnl::primitive_attr attributes = callers_scratchpad();
  attributes.set_post_ops(steps);
  return attributes;
}

dnnl::convolution_forward::primitive_desc describe_by(dnnl::algorithm algorithm, const ConvolutionLayer& convolution,
                                                      memory::data_type type, const Dims& source,
                                                      const Description& target) {
  const Window& window = convolution.window;
  const onednn::Places places = {pair_of(window.kernel),
                                 pair_of(window.stride),
                                 {window.dilation[0] - 1, window.dilation[1] - 1},
                                 pair_of(window.padding),
                                 pair_of(window.padding)};
  const Description any_source(source, type, memory::format_tag::any);
  const Description any_weights(weight_dims(convolution), type, memory::format_tag::any);
  const Description bias({convolution.weight.size(0)}, memory::data_type::f32, memory::format_tag::a);
  return onednn::convolution(onednn_engine(), algorithm, any_source, any_weights, bias, target, places,
                             attributes_of(convolution));
}

}  // namespace

const dnnl::engine& onednn_engine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::primitive_attr callers_scratchpad() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

OneDnnActivation onednn_activation(const Activation& activation) {
  switch (activation.kind) {
    case Activation::Kind::Relu:
      return {dnnl::algorithm::eltwise_relu, 0, 0};
    case Activation::Kind::LeakyRelu:
      return {dnnl::algorithm::eltwise_relu, activation.first, 0};
    case Activation::Kind::Clip:
      return {dnnl::algorithm::eltwise_clip, activation.first, activation.second};
    case Activation::Kind::Silu:
      return {dnnl::algorithm::eltwise_swish, 1, 0};
    case Activation::Kind::HardSwish:
      return {dnnl::algorithm::eltwise_hardswish, 1.0F / 6, 0.5F};
    case Activation::Kind::Sigmoid:
      break;
  }
  return {dnnl::algorithm::eltwise_logistic, 0, 0};
}

Dims pair_of(const std::int64_t (&pair)[2]) {
  return {pair[0], pair[1]};
}

std::int64_t count_places(std::int64_t size, const Window& window, int side, bool reaches_over) {
  const std::int64_t covered = window.dilation[side] * (window.kernel[side] - 1) + 1;
  const std::int64_t room = size + 2 * window.padding[side] - covered;
  const std::int64_t stride = window.stride[side];
  if (room < 0) throw Error(ErrorCode::Unimplemented, "a kernel is larger than the map that it looks at");
  std::int64_t count = (room + (reaches_over ? stride - 1 : 0)) / stride + 1;
  // PyTorch: the last one begins inside the map or the padding before it.
  if (reaches_over && (count - 1) * stride >= size + window.padding[side]) --count;
  return count;
}

Dims weight_dims(const ConvolutionLayer& convolution) {
  const torch::Tensor& weight = convolution.weight;
  const std::int64_t groups = convolution.groups;
  if (groups == 1) return weight.sizes().vec();
  return {groups, weight.size(0) / groups, weight.size(1), weight.size(2), weight.size(3)};
}

std::optional<MapNumber> map_added_by(const ConvolutionLayer& convolution) {
  for (const FusedStep& step : convolution.steps) {
    if (const auto* const added = std::get_if<AddMap>(&step)) return added->map;
  }
  return std::nullopt;
}

dnnl::convolution_forward::primitive_desc describe_convolution(const ConvolutionLayer& convolution,
                                                               FusedArithmetic arithmetic, const Dims& source,
                                                               const Description& target) {
  const memory::data_type type = map_type(arithmetic);
  if (arithmetic == FusedArithmetic::Winograd && suits_winograd(convolution)) {
    try {
      return describe_by(dnnl::algorithm::convolution_winograd, convolution, type, source, target);
    } catch (const dnnl::error&) {
      // Not on this processor, or not with these channels.
    }
  }
  auto description = describe_by(dnnl::algorithm::convolution_direct, convolution, type, source, target);
  if (std::string_view(description.impl_info_str()).substr(0, 3) == "ref") {
    throw Error(ErrorCode::Unimplemented, "oneDNN has only its reference form of a convolution");
  }
  return description;
}

bool is_winograd(const dnnl::convolution_forward::primitive_desc& description) {
  return std::string_view(description.impl_info_str()).find("wino") != std::string_view::npos;
}

memory::data_type map_type(FusedArithmetic arithmetic) {
  return arithmetic == FusedArithmetic::Bfloat16 ? memory::data_type::bf16 : memory::data_type::f32;
}

}  // namespace animalctl
