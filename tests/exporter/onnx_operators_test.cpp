#include "exporter/onnx_operators.h"

#include <torch/csrc/jit/ir/irparser.h>

#include "support/catch_compat.h"

namespace animalctl::test {
namespace {

// The nodes that a graph of one input %x becomes. `body` is in TorchScript's text form.
onnx::GraphProto convert(const std::string& body, int opset = 10) {
  torch::jit::Graph graph;
  torch::jit::parseIR("graph(%x : Float(2, 3, 8, 8)):\n" + body + "\n  return (%y)", &graph);
  onnx::GraphProto result;
  OnnxWriter writer(result, opset);
  writer.bind_input(graph.inputs().at(0), "input", {-1, 3, 8, 8});
  for (torch::jit::Node* const node : graph.nodes()) write_operator(writer, *node);
  return result;
}

std::string operations(const onnx::GraphProto& graph) {
  std::string text;
  for (const onnx::NodeProto& node : graph.node()) text += (text.empty() ? "" : " ") + node.op_type();
  return text;
}

void refuses(const std::string& body, std::string_view reason) {
  INFO(body);
  require_error(ErrorCode::Unimplemented, reason, [&] { convert(body); });
}

std::string pool(const char* padding, const char* dilation) {
  return std::string("  %k : int[] = prim::Constant[value=[3, 3]]()\n  %s : int[] = prim::Constant[value=[2, 2]]()\n") +
         "  %p : int[] = prim::Constant[value=[" + padding + "]]()\n  %d : int[] = prim::Constant[value=[" + dilation +
         "]]()\n  %c : bool = prim::Constant[value=1]()\n  %y : Tensor = aten::max_pool2d(%x, %k, %s, %p, %d, %c)";
}

}  // namespace

TEST_CASE("an operator without an ONNX form is refused by its name") {
  refuses("  %y : Tensor = aten::erfinv(%x)", "aten::erfinv");
}

TEST_CASE("pooling keeps its padding and rounding, and dilation is refused") {
  const onnx::GraphProto graph = convert(pool("1, 1", "1, 1"));
  REQUIRE(operations(graph) == "MaxPool");
  CHECK(graph.node(0).attribute(2).name() == "pads");
  CHECK(graph.node(0).attribute(2).ints_size() == 4);
  CHECK(graph.node(0).attribute(3).i() == 1);
  refuses(pool("1, 1", "2, 2"), "dilated");
  refuses(pool("1, 1, 1", "1, 1"), "has 3 sizes");
}

TEST_CASE("a clip's bounds are attributes until operator set 10 and computed after it") {
  const std::string body =
      "  %a : int = prim::Constant[value=0]()\n  %b : int = prim::Constant[value=6]()\n"
      "  %y : Tensor = aten::hardtanh(%x, %a, %b)";
  CHECK(operations(convert(body, 10)) == "Clip");
  CHECK(operations(convert(body, 13)) == "Relu Sub Relu Sub");
}

TEST_CASE("only the uses of an operator that are known are written") {
  const std::string zero = "  %a : int = prim::Constant[value=0]()\n";
  const std::string minus = "  %b : int = prim::Constant[value=-1]()\n";
  refuses(zero + minus + "  %y : Tensor = aten::flatten(%x, %a, %b)", "everything but the batch");
  refuses("  %d : int[] = prim::Constant[value=[2]]()\n  %y : Tensor = aten::flip(%x, %d)", "only the width");
  refuses(
      "  %d : int[] = prim::Constant[value=[1]]()\n  %k : bool = prim::Constant[value=0]()\n"
      "  %n : None = prim::Constant()\n  %y : Tensor = aten::mean(%x, %d, %k, %n)",
      "height and width");
  refuses("  %o : int[] = prim::Constant[value=[2, 2]]()\n  %y : Tensor = aten::adaptive_avg_pool2d(%x, %o)", "1 x 1");
  refuses("  %f : int = prim::Constant[value=2]()\n  %y : Tensor = aten::add(%x, %x, %f)", "with a factor");
  refuses(
      "  %p : float = prim::Constant[value=0.5]()\n  %t : bool = prim::Constant[value=1]()\n"
      "  %y : Tensor = aten::dropout(%x, %p, %t)",
      "in training mode");
}

TEST_CASE("a mirrored width is a product with the reversed unit matrix") {
  const onnx::GraphProto graph =
      convert("  %d : int[] = prim::Constant[value=[3]]()\n  %y : Tensor = aten::flip(%x, %d)");
  CHECK(operations(graph) == "MatMul");
  REQUIRE(graph.initializer_size() == 1);
  CHECK(graph.initializer(0).dims(0) == 8);
  const auto* const values = reinterpret_cast<const float*>(graph.initializer(0).raw_data().data());
  CHECK(values[7] == 1);
  CHECK(values[0] == 0);
}

TEST_CASE("constants of a type that is not written are refused") {
  onnx::GraphProto graph;
  OnnxWriter writer(graph, 10);
  require_error(ErrorCode::Unimplemented, "Double", [&] { writer.add_constant(torch::zeros({1}, torch::kDouble)); });
}

}  // namespace animalctl::test
