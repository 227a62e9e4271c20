#include "fused/node_layer.h"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>

#include "animalctl/base/error.h"
#include "fused/node_arguments.h"

namespace animalctl {
namespace {

using Sizes = std::vector<std::int64_t>;

class NodeCall : public NodeArguments {
 public:
  NodeCall(torch::jit::Node& node, const NodeValues& values, MapNumber next, std::optional<FusedLayer>& layer)
      : NodeArguments(node, "not known to oneDNN"), values_(values), next_(next), layer_(layer) {}

  MapNumber map(std::size_t place) const { return map_of(value(place)); }
  MapNumber map_of(const torch::jit::Value* wanted) const {
    const auto found = values_.find(wanted);
    if (found == values_.end()) refuse("it reads what no layer gives");
    if (found->second.flat) refuse("it reads a flat map");
    return found->second.map;
  }
  template <typename What>
  NodeValue become(std::vector<MapNumber> inputs, What what, bool flat = false) const {
    layer_ = FusedLayer{std::move(inputs), next_, std::move(what)};
    return {next_, flat};
  }

 private:
  const NodeValues& values_;
  const MapNumber next_;
  std::optional<FusedLayer>& layer_;
};

void set_pair(std::int64_t (&pair)[2], const Sizes& values) {
  std::copy_n(values.begin(), 2, pair);
}

NodeValue read_convolution(const NodeCall& call, std::size_t groups_place) {
  const torch::Tensor weight = call.tensor(1);
  if (weight.dim() != 4 || weight.scalar_type() != torch::kFloat) call.refuse("only float32 images are convolved");
  ConvolutionLayer layer;
  set_pair(layer.window.kernel, {weight.size(2), weight.size(3)});
  set_pair(layer.window.stride, call.pair(3));
  set_pair(layer.window.padding, call.pair(4));
  set_pair(layer.window.dilation, call.pair(5));
  layer.groups = call.integer(groups_place);
  layer.weight = weight.contiguous();
  layer.bias = call.is_none(2) ? torch::zeros({weight.size(0)}) : call.tensor(2).contiguous();
  return call.become({call.map(0)}, std::move(layer));
}

// (input, weight, bias, stride, padding, dilation, transposed, output_padding, groups, …)
NodeValue read_general_convolution(const NodeCall& call) {
  if (call.flag(6)) call.refuse("transposed");
  return read_convolution(call, 8);
}

// (input, weight, bias, stride, padding, dilation, groups)
NodeValue read_conv2d(const NodeCall& call) {
  return read_convolution(call, 6);
}

// (input, weight, bias, mean, variance, training, momentum, eps, cudnn): one factor and one term a channel, which is a
// convolution of each channel by itself with a kernel of 1 × 1. Those after a convolution are part of it already.
NodeValue read_batch_norm(const NodeCall& call) {
  if (call.flag(5)) call.refuse("in training mode");
  const torch::Tensor mean = call.tensor(3);
  torch::Tensor factor = (call.tensor(4) + call.number(7)).rsqrt();
  if (!call.is_none(1)) factor = factor * call.tensor(1);
  ConvolutionLayer layer;
  layer.groups = mean.size(0);
  layer.weight = factor.reshape({-1, 1, 1, 1}).contiguous();
  layer.bias = -mean * factor;
  if (!call.is_none(2)) layer.bias = layer.bias + call.tensor(2);
  return call.become({call.map(0)}, std::move(layer));
}

NodeValue activate(const NodeCall& call, Activation activation) {
  return call.become({call.map(0)}, ActivationLayer{activation});
}

NodeValue read_relu(const NodeCall& call) {
  return activate(call, {Activation::Kind::Relu});
}

NodeValue read_relu6(const NodeCall& call) {
  return activate(call, {Activation::Kind::Clip, 0, 6});
}

NodeValue read_hardtanh(const NodeCall& call) {
  return activate(call,
                  {Activation::Kind::Clip, static_cast<float>(call.number(1)), static_cast<float>(call.number(2))});
}

NodeValue read_leaky_relu(const NodeCall& call) {
  return activate(call, {Activation::Kind::LeakyRelu, static_cast<float>(call.number(1))});
}

NodeValue read_silu(const NodeCall& call) {
  return activate(call, {Activation::Kind::Silu});
}

NodeValue read_hardswish(const NodeCall& call) {
  return activate(call, {Activation::Kind::HardSwish});
}

NodeValue read_sigmoid(const NodeCall& call) {
  return activate(call, {Activation::Kind::Sigmoid});
}

// (input, kernel, stride, padding, dilation, ceil_mode)
NodeValue read_max_pool(const NodeCall& call) {
  if (call.pair(4) != Sizes{1, 1}) call.refuse("dilated");
  MaxPoolLayer layer;
  const Sizes kernel = call.pair(1);
  set_pair(layer.window.kernel, kernel);
  set_pair(layer.window.stride, call.sizes(2).empty() ? kernel : call.pair(2));
  set_pair(layer.window.padding, call.pair(3));
  layer.reaches_over = call.flag(5);
  return call.become({call.map(0)}, layer);
}

NodeValue read_adaptive_pool(const NodeCall& call) {
  if (call.pair(1) != Sizes{1, 1}) call.refuse("only an output of 1 x 1 is known");
  return call.become({call.map(0)}, GlobalMeanLayer{});
}

// (input, dims, keepdim, dtype)
NodeValue read_mean(const NodeCall& call) {
  Sizes dims = call.sizes(1);
  for (std::int64_t& dim : dims) dim = dim < 0 ? dim + 4 : dim;
  std::sort(dims.begin(), dims.end());
  if (dims != Sizes{2, 3} || !call.is_none(3)) call.refuse("only the mean over height and width is known");
  return call.become({call.map(0)}, GlobalMeanLayer{}, !call.flag(2));
}

NodeValue read_cat(const NodeCall& call) {
  torch::jit::Node* const list = call.value(0)->node();
  if (list->kind() != c10::prim::ListConstruct || call.integer(1) != 1) call.refuse("only channels are put together");
  std::vector<MapNumber> inputs;
  for (const torch::jit::Value* const item : list->inputs()) inputs.push_back(call.map_of(item));
  return call.become(std::move(inputs), ConcatenateLayer{});
}

// (a, b, alpha)
NodeValue read_add(const NodeCall& call) {
  if (call.number(2) != 1) call.refuse("with a factor");
  return call.become({call.map(0), call.map(1)}, AddLayer{});
}

NodeValue read_flip(const NodeCall& call) {
  const Sizes dims = call.sizes(1);
  if (dims.size() != 1 || (dims[0] != 3 && dims[0] != -1)) call.refuse("only left and right are exchanged");
  if (call.map(0) != kInputMap) call.refuse("only the network's input is mirrored");
  return call.become({kInputMap}, MirrorLayer{});
}

// (input, p, train)
NodeValue read_dropout(const NodeCall& call) {
  if (call.flag(2)) call.refuse("in training mode");
  return {call.map(0), false};
}

struct LayerRow {
  std::string_view name;
  NodeValue (*read)(const NodeCall&);
};

// An operator that changes its input in place is its plain sibling here: the recording uses the result.
constexpr LayerRow kLayers[] = {
    {"aten::_convolution", read_general_convolution},
    {"aten::adaptive_avg_pool2d", read_adaptive_pool},
    {"aten::add", read_add},
    {"aten::add_", read_add},
    {"aten::batch_norm", read_batch_norm},
    {"aten::cat", read_cat},
    {"aten::conv2d", read_conv2d},
    {"aten::dropout", read_dropout},
    {"aten::flip", read_flip},
    {"aten::hardswish", read_hardswish},
    {"aten::hardswish_", read_hardswish},
    {"aten::hardtanh", read_hardtanh},
    {"aten::hardtanh_", read_hardtanh},
    {"aten::leaky_relu", read_leaky_relu},
    {"aten::leaky_relu_", read_leaky_relu},
    {"aten::max_pool2d", read_max_pool},
    {"aten::mean", read_mean},
    {"aten::relu", read_relu},
    {"aten::relu6", read_relu6},
    {"aten::relu6_", read_relu6},
    {"aten::relu_", read_relu},
    {"aten::sigmoid", read_sigmoid},
    {"aten::silu", read_silu},
    {"aten::silu_", read_silu},
};

}  // namespace

NodeValue read_node(torch::jit::Node& node, const NodeValues& values, MapNumber next,
                    std::optional<FusedLayer>& layer) {
  const std::string_view name = node.kind().toQualString();
  for (const LayerRow& row : kLayers) {
    if (row.name == name) return row.read(NodeCall(node, values, next, layer));
  }
  throw Error(ErrorCode::Unimplemented, fmt::format("{} is not known to oneDNN", name));
}

}  // namespace animalctl
