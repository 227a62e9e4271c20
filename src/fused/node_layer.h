#pragma once

#include <optional>
#include <unordered_map>

#include "compat/torch_graph.h"
#include "fused/layers.h"

namespace animalctl {

// What a value of a graph is in the layers: a map, or a [B, C, 1, 1] map without its last two dimensions.
struct NodeValue {
  MapNumber map = 0;
  bool flat = false;
};
using NodeValues = std::unordered_map<const torch::jit::Value*, NodeValue>;

// Reads one node of a frozen graph, whose inputs are values known already. Sets `layer`, whose output is `next`, or
// leaves it empty when the node changes nothing. Returns what the node's output is. Throws Unimplemented when no layer
// does what the node does.
NodeValue read_node(torch::jit::Node& node, const NodeValues& values, MapNumber next, std::optional<FusedLayer>& layer);

}  // namespace animalctl
