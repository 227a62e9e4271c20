#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "compat/onnx.h"
#include "compat/torch_graph.h"

namespace animalctl {

// An attribute of an ONNX node.
struct OnnxAttribute {
  const char* name;
  std::variant<std::int64_t, float, std::vector<std::int64_t>> value;
};

// A graph in the making: knows the ONNX name of every TorchScript value, and adds nodes. The graph must outlive it.
class OnnxWriter {
 public:
  OnnxWriter(onnx::GraphProto& graph, int opset) : graph_(graph), opset_(opset) {}

  int opset() const { return opset_; }

  // Says what a TorchScript value is called.
  void bind(const torch::jit::Value* value, std::string name) { names_[value] = std::move(name); }
  // The same for the graph's input, whose shape is known; that of the batch is not looked at.
  void bind_input(const torch::jit::Value* value, std::string name, std::vector<std::int64_t> shape) {
    bind(value, std::move(name));
    shapes_[value] = std::move(shape);
  }
  // Empty when it is not known.
  std::vector<std::int64_t> shape_of(const torch::jit::Value* value) const {
    const auto found = shapes_.find(value);
    return found == shapes_.end() ? std::vector<std::int64_t>() : found->second;
  }
  // The name of a value; a constant tensor becomes an initializer at its first use. Throws Unimplemented for a value
  // that is neither computed by the graph nor a constant tensor.
  std::string name_of(torch::jit::Value* value);
  // Adds a constant tensor (float32 or int64) and returns its name; equal constants are stored once, since a network
  // that looks at an image twice names its weights twice. Throws Unimplemented for another element type.
  std::string add_constant(const torch::Tensor& tensor);
  // Adds a node and returns the name of its output.
  std::string add_node(const std::string& operation, const std::vector<std::string>& inputs,
                       const std::vector<OnnxAttribute>& attributes = {});

 private:
  onnx::GraphProto& graph_;
  const int opset_;
  std::unordered_map<const torch::jit::Value*, std::string> names_;
  std::unordered_map<const torch::jit::Value*, std::vector<std::int64_t>> shapes_;
  std::map<std::string, std::string> constants_;  // content → name
  int next_ = 0;
};

}  // namespace animalctl
