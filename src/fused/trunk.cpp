#include "fused/trunk.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "animalctl/base/error.h"
#include "fused/node_layer.h"

namespace animalctl {
namespace {

using torch::jit::Node;
using torch::jit::Value;

bool has_no_effect(const Node& node) {
  return node.kind() == c10::prim::Constant || node.kind() == c10::prim::ListConstruct;
}

class TrunkReader {
 public:
  explicit TrunkReader(std::shared_ptr<torch::jit::Graph> graph) : graph_(std::move(graph)) {}

  Trunk read() {
    Value* const input = graph_->inputs().at(1);  // 0 is the module itself
    values_.emplace(input, NodeValue{kInputMap, false});
    Node* rest = graph_->nodes().front();
    for (; rest != graph_->return_node(); rest = rest->next()) {
      if (!has_no_effect(*rest) && !take(*rest)) break;
    }
    values_.erase(input);
    require_convolution();
    hand_over(rest);
    torch::jit::EliminateDeadCode(graph_);
    graph_->eraseInput(0);
    trunk_.rest = graph_;
    return std::move(trunk_);
  }

 private:
  bool take(Node& node) {
    try {
      const NodeValue result = read_node(node, values_, static_cast<MapNumber>(trunk_.layers.size()) + 1, layer_);
      if (layer_) trunk_.layers.push_back(std::move(*layer_));
      layer_.reset();
      values_.emplace(node.output(), result);
      return true;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::Unimplemented) throw;
      return false;
    }
  }

  void require_convolution() const {
    const bool some = std::any_of(trunk_.layers.begin(), trunk_.layers.end(), [](const FusedLayer& layer) {
      return std::holds_alternative<ConvolutionLayer>(layer.what);
    });
    if (!some) throw Error(ErrorCode::Unimplemented, "the network begins with no convolution that oneDNN knows");
  }

  // What the rest reads of the layers becomes an input of the rest.
  void hand_over(Node* rest) {
    std::vector<Value*> read;
    for (Node* node = rest; node != graph_->return_node(); node = node->next()) note_inputs(*node, read);
    note_inputs(*graph_->return_node(), read);
    for (Value* const value : read) {
      const NodeValue& known = values_.at(value);
      trunk_.outputs.push_back({known.map, known.flat});
      Value* const handed = graph_->addInput();
      value->replaceAllUsesWith(handed);
    }
  }

  // Values of the layers that a node reads, inside its blocks too.
  void note_inputs(Node& node, std::vector<Value*>& read) const {
    for (Value* const input : node.inputs()) {
      if (input->node()->kind() == c10::prim::ListConstruct) note_inputs(*input->node(), read);
      if (values_.count(input) != 0 && std::find(read.begin(), read.end(), input) == read.end()) read.push_back(input);
    }
    for (torch::jit::Block* const block : node.blocks()) {
      for (Node* const inner : block->nodes()) note_inputs(*inner, read);
      note_inputs(*block->return_node(), read);
    }
  }

  const std::shared_ptr<torch::jit::Graph> graph_;
  std::unordered_map<const Value*, NodeValue> values_;
  std::optional<FusedLayer> layer_;
  Trunk trunk_;
};

}  // namespace

Trunk read_trunk(const torch::jit::Module& module) {
  const torch::jit::Module frozen = torch::jit::freeze(module);
  return TrunkReader(frozen.get_method("forward").graph()->copy()).read();
}

}  // namespace animalctl
