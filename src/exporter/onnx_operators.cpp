#include "exporter/onnx_operators.h"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>

#include "animalctl/base/error.h"
#include "fused/node_arguments.h"

namespace animalctl {
namespace {

using torch::jit::Node;
using torch::jit::Value;
using Sizes = std::vector<std::int64_t>;

// One node and where its ONNX form goes.
class Call : public NodeArguments {
 public:
  Call(OnnxWriter& writer, Node& node) : NodeArguments(node, "no ONNX can be written"), writer_(writer) {}

  OnnxWriter& writer() const { return writer_; }
  std::string input(std::size_t place) const { return writer_.name_of(value(place)); }
  void finish(std::string name) const { writer_.bind(node().output(), std::move(name)); }
  void finish(const std::string& operation, const std::vector<std::string>& inputs,
              const std::vector<OnnxAttribute>& attributes = {}) const {
    finish(writer_.add_node(operation, inputs, attributes));
  }

 private:
  OnnxWriter& writer_;
};

// The shape of a constant or of the graph's input; refuses for others, which freezing has made forget theirs.
Sizes shape_of(const Call& call, std::size_t place) {
  const auto constant = torch::jit::toIValue(call.value(place));
  if (constant && constant->isTensor()) return constant->toTensor().sizes().vec();
  const Sizes known = call.writer().shape_of(call.value(place));
  if (known.empty()) call.refuse(fmt::format("the shape of argument {} is not known", place));
  return known;
}

void write_convolution(const Call& call, std::size_t groups_place) {
  const Sizes weight = shape_of(call, 1);
  if (weight.size() != 4) call.refuse("only images (two dimensions) are convolved");
  const Sizes stride = call.pair(3);
  const Sizes padding = call.pair(4);
  const Sizes dilation = call.pair(5);
  std::vector<std::string> inputs = {call.input(0), call.input(1)};
  if (!call.is_none(2)) inputs.push_back(call.input(2));
  call.finish("Conv", inputs,
              {{"kernel_shape", Sizes{weight[2], weight[3]}},
               {"strides", stride},
               {"pads", Sizes{padding[0], padding[1], padding[0], padding[1]}},
               {"dilations", dilation},
               {"group", call.integer(groups_place)}});
}

// (input, weight, bias, stride, padding, dilation, transposed, output_padding, groups, …)
void write_general_convolution(const Call& call) {
  if (call.flag(6)) call.refuse("transposed");
  write_convolution(call, 8);
}

// (input, weight, bias, stride, padding, dilation, groups)
void write_conv2d(const Call& call) {
  write_convolution(call, 6);
}

// (input, weight, bias, mean, variance, training, momentum, eps, cudnn)
void write_batch_norm(const Call& call) {
  if (call.flag(5)) call.refuse("in training mode");
  call.finish("BatchNormalization", {call.input(0), call.input(1), call.input(2), call.input(3), call.input(4)},
              {{"epsilon", static_cast<float>(call.number(7))}});
}

// Until opset 10 the bounds of Clip are attributes, from 11 on inputs, which OpenCV 4.6 does not read. There
// low + Relu(x − low) − Relu(x − high) says the same.
void write_clip(const Call& call, double low, double high) {
  constexpr int kClipTakesInputs = 11;
  OnnxWriter& writer = call.writer();
  const std::string input = call.input(0);
  if (writer.opset() < kClipTakesInputs) {
    return call.finish("Clip", {input}, {{"min", static_cast<float>(low)}, {"max", static_cast<float>(high)}});
  }
  const auto number = [&](double value) { return writer.add_constant(torch::full({1}, value, torch::kFloat)); };
  const auto excess = [&](double bound) {
    if (bound == 0) return writer.add_node("Relu", {input});
    return writer.add_node("Relu", {writer.add_node("Sub", {input, number(bound)})});
  };
  const std::string above = writer.add_node("Sub", {excess(low), excess(high)});
  call.finish(low == 0 ? above : writer.add_node("Add", {above, number(low)}));
}

void write_hardtanh(const Call& call) {
  write_clip(call, call.number(1), call.number(2));
}

void write_relu6(const Call& call) {
  write_clip(call, 0, 6);
}

void write_relu(const Call& call) {
  call.finish("Relu", {call.input(0)});
}

void write_sigmoid(const Call& call) {
  call.finish("Sigmoid", {call.input(0)});
}

void write_softmax(const Call& call) {
  call.finish("Softmax", {call.input(0)}, {{"axis", call.integer(1)}});
}

// (input, weight [out, in], bias)
void write_linear(const Call& call) {
  // Until opset 10 Gemm needs a bias.
  const std::string bias =
      call.is_none(2) ? call.writer().add_constant(torch::zeros({shape_of(call, 1).front()})) : call.input(2);
  call.finish("Gemm", {call.input(0), call.input(1), bias}, {{"transB", std::int64_t{1}}});
}

// (bias, input, weight [in, out], beta, alpha). The weights are written as [out, in], as those of a linear layer are:
// OpenCV 4.6 takes a bias with these only.
void write_addmm(const Call& call) {
  const auto weight = torch::jit::toIValue(call.value(2));
  if (!weight || !weight->isTensor()) call.refuse("its weights are computed");
  call.finish("Gemm", {call.input(1), call.writer().add_constant(weight->toTensor().t()), call.input(0)},
              {{"transB", std::int64_t{1}},
               {"beta", static_cast<float>(call.number(3))},
               {"alpha", static_cast<float>(call.number(4))}});
}

// (input, kernel, stride, padding, dilation, ceil_mode)
void write_max_pool(const Call& call) {
  const Sizes kernel = call.pair(1);
  const Sizes padding = call.pair(3);
  if (call.pair(4) != Sizes{1, 1}) call.refuse("dilated");
  call.finish("MaxPool", {call.input(0)},
              {{"kernel_shape", kernel},
               {"strides", call.sizes(2).empty() ? kernel : call.pair(2)},
               {"pads", Sizes{padding[0], padding[1], padding[0], padding[1]}},
               {"ceil_mode", std::int64_t{call.flag(5) ? 1 : 0}}});
}

void write_adaptive_pool(const Call& call) {
  if (call.pair(1) != Sizes{1, 1}) call.refuse("only an output of 1 x 1 is known");
  call.finish("GlobalAveragePool", {call.input(0)});
}

// (input, dims, keepdim, dtype)
void write_mean(const Call& call) {
  Sizes dims = call.sizes(1);
  for (std::int64_t& dim : dims) dim = dim < 0 ? dim + 4 : dim;
  std::sort(dims.begin(), dims.end());
  if (dims != Sizes{2, 3}) call.refuse("only the mean over height and width is known");
  const std::string pooled = call.writer().add_node("GlobalAveragePool", {call.input(0)});
  if (call.flag(2)) return call.finish(pooled);
  call.finish("Flatten", {pooled}, {{"axis", std::int64_t{1}}});
}

void write_cat(const Call& call) {
  Node* const list = call.value(0)->node();
  if (list->kind() != c10::prim::ListConstruct) call.refuse("its tensors are no plain list");
  std::vector<std::string> inputs;
  for (Value* const item : list->inputs()) inputs.push_back(call.writer().name_of(item));
  call.finish("Concat", inputs, {{"axis", call.integer(1)}});
}

// A tensor, or a number as a constant.
std::string operand(const Call& call, std::size_t place) {
  const auto known = torch::jit::toIValue(call.value(place));
  if (!known || !known->isScalar()) return call.input(place);
  return call.writer().add_constant(torch::full({1}, known->toScalar(), torch::kFloat));
}

// (a, b, alpha)
void write_add(const Call& call) {
  if (call.number(2) != 1) call.refuse("with a factor");
  call.finish("Add", {call.input(0), operand(call, 1)});
}

void write_multiply(const Call& call) {
  call.finish("Mul", {call.input(0), operand(call, 1)});
}

void write_divide(const Call& call) {
  call.finish("Div", {call.input(0), operand(call, 1)});
}

// (input, first, last)
void write_flatten(const Call& call) {
  if (call.integer(1) != 1 || call.integer(2) != -1) call.refuse("only everything but the batch is flattened");
  call.finish("Flatten", {call.input(0)}, {{"axis", std::int64_t{1}}});
}

// ONNX has no mirror, and not every runtime takes a Slice with a negative step. A product with the reversed unit matrix
// is exact and runs everywhere: each sum has one term that is not 0.
void write_flip(const Call& call) {
  const Sizes dims = call.sizes(1);
  const Sizes shape = shape_of(call, 0);
  const auto rank = static_cast<std::int64_t>(shape.size());
  if (dims.size() != 1 || (dims[0] != -1 && dims[0] != rank - 1)) call.refuse("only the width is mirrored");
  const torch::Tensor reversed = torch::eye(shape.back()).flip({0}).contiguous();
  call.finish("MatMul", {call.input(0), call.writer().add_constant(reversed)});
}

void write_identity(const Call& call) {
  call.finish(call.input(0));
}

void write_dropout(const Call& call) {
  if (call.flag(2)) call.refuse("in training mode");
  call.finish(call.input(0));
}

struct OperatorRow {
  std::string_view name;
  void (*write)(const Call&);
};

// An operator that changes its input in place is written as its plain sibling: a value has one name here, and the
// recording uses the result.
constexpr OperatorRow kOperators[] = {
    {"aten::_convolution", write_general_convolution},
    {"aten::adaptive_avg_pool2d", write_adaptive_pool},
    {"aten::add", write_add},
    {"aten::add_", write_add},
    {"aten::addmm", write_addmm},
    {"aten::batch_norm", write_batch_norm},
    {"aten::cat", write_cat},
    {"aten::contiguous", write_identity},
    {"aten::conv2d", write_conv2d},
    {"aten::div", write_divide},
    {"aten::dropout", write_dropout},
    {"aten::flatten", write_flatten},
    {"aten::flip", write_flip},
    {"aten::hardtanh", write_hardtanh},
    {"aten::hardtanh_", write_hardtanh},
    {"aten::linear", write_linear},
    {"aten::max_pool2d", write_max_pool},
    {"aten::mean", write_mean},
    {"aten::mul", write_multiply},
    {"aten::relu", write_relu},
    {"aten::relu6", write_relu6},
    {"aten::relu6_", write_relu6},
    {"aten::relu_", write_relu},
    {"aten::sigmoid", write_sigmoid},
    {"aten::softmax", write_softmax},
};

}  // namespace

void write_operator(OnnxWriter& writer, Node& node) {
  // Their results are looked at where they are used.
  if (node.kind() == c10::prim::Constant || node.kind() == c10::prim::ListConstruct) return;
  const std::string_view name = node.kind().toQualString();
  for (const OperatorRow& row : kOperators) {
    if (row.name == name) return row.write(Call(writer, node));
  }
  throw Error(ErrorCode::Unimplemented,
              fmt::format("no ONNX can be written: the network uses {}, which has no ONNX form in this program; "
                          "TorchScript takes every network",
                          name));
}

}  // namespace animalctl
