#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "compat/torch_graph.h"

namespace animalctl {

// The constant arguments of one node of a frozen graph by place; the places are those of PyTorch's
// native_functions.yaml. Everything throws Unimplemented, naming the operator, when an argument is not what is asked
// for.
class NodeArguments {
 public:
  // `purpose` begins the messages: "no ONNX can be written".
  NodeArguments(torch::jit::Node& node, std::string_view purpose) : node_(&node), purpose_(purpose) {}

  torch::jit::Node& node() const { return *node_; }
  torch::jit::Value* value(std::size_t place) const { return node_->input(place); }
  bool is_none(std::size_t place) const { return value(place)->mustBeNone(); }

  std::int64_t integer(std::size_t place) const;
  double number(std::size_t place) const;
  bool flag(std::size_t place) const;
  torch::Tensor tensor(std::size_t place) const;
  std::vector<std::int64_t> sizes(std::size_t place) const;
  // Two numbers, of which PyTorch lets one stand for both.
  std::vector<std::int64_t> pair(std::size_t place) const;

  [[noreturn]] void refuse(std::string_view what) const;

 private:
  c10::IValue constant(std::size_t place) const;

  torch::jit::Node* node_;
  std::string_view purpose_;
};

}  // namespace animalctl
