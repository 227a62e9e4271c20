#pragma once

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "checkpoint/pickle_globals.h"

namespace animalctl::checkpoint {

// The objects of a pickle. Python objects may be shared and even contain themselves, so they refer
// to each other by number; only the final conversion to a Value makes copies, under limits.
using NodeIndex = std::uint32_t;

struct NoneNode {};
struct ListNode {
  std::vector<NodeIndex> items;
};
struct TupleNode {
  std::vector<NodeIndex> items;
};
struct DictNode {
  std::vector<std::pair<NodeIndex, NodeIndex>> entries;
  bool ordered = false;
  bool has_attributes = false;
  NodeIndex attributes = 0;  // a dict
};
struct StorageNode {
  ScalarType type;
  std::span<const std::byte> bytes;
  std::int64_t element_count;
};
// A view on a storage. Known to lie inside it.
struct TensorNode {
  NodeIndex storage;
  std::int64_t offset;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;
  std::int64_t element_count;
};

// string_view: text of the pickle itself, which outlives the graph, or made_text below.
using Node = std::variant<NoneNode, bool, std::int64_t, double, std::string_view, ListNode, TupleNode, DictNode,
                          const PickleGlobal*, StorageNode, TensorNode>;

struct PickleGraph {
  std::vector<Node> nodes;
  NodeIndex root = 0;
  // Text that is not in the pickle as it is ("cuda:0"); a list, so that views of it stay good.
  std::forward_list<std::string> made_text;
};

}  // namespace animalctl::checkpoint
