#include "checkpoint/unpickle.h"

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "checkpoint/read_failure.h"
#include "checkpoint/strided_copy.h"

namespace animalctl::checkpoint {
namespace {

// Copies a graph into a tree. Sharing becomes copies, so objects and bytes are counted again here.
class ValueBuilder {
 public:
  ValueBuilder(const PickleGraph& graph, std::string_view file, const ReadLimits& limits, std::uint64_t byte_limit)
      : graph_(graph), file_(file), limits_(limits), bytes_(file, "its tensors and strings", byte_limit) {}

  Value build(NodeIndex node) {
    if (++objects_ > limits_.max_objects) {
      throw_over_limit(file_, fmt::format("it has over {} objects", limits_.max_objects));
    }
    if (depth_ >= limits_.max_depth) {
      throw_over_limit(file_, fmt::format("its lists, tuples and dicts are nested over {} deep, or one contains itself",
                                          limits_.max_depth));
    }
    ++depth_;
    Value value = std::visit([this](const auto& content) { return make(content); }, graph_.nodes[node]);
    --depth_;
    return value;
  }

 private:
  Value make(NoneNode) { return {}; }
  Value make(bool flag) { return flag; }
  Value make(std::int64_t number) { return number; }
  Value make(double number) { return number; }
  Value make(std::string_view text) {
    bytes_.take(text.size());
    return std::string(text);
  }
  Value make(const ListNode& list) { return List{make_items(list.items)}; }
  Value make(const TupleNode& tuple) { return Tuple{make_items(tuple.items)}; }
  Value make(const DictNode& node) {
    Dict dict;
    dict.ordered = node.ordered;
    dict.entries = make_entries(node);
    if (node.has_attributes) dict.attributes = make_entries(std::get<DictNode>(graph_.nodes[node.attributes]));
    for (const DictEntry& attribute : dict.attributes) {
      if (attribute.key.get_if<std::string>() == nullptr) throw_damaged(file_, "an attribute's name is no text");
    }
    return dict;
  }
  Value make(const PickleGlobal* global) {
    throw_damaged(file_, fmt::format("it holds {} itself as a value; save its content instead", global->name));
  }
  Value make(const StorageNode&) {
    throw_unsupported(file_, "it holds a bare storage; save a tensor made from it instead");
  }
  Value make(const TensorNode& node) {
    const auto& storage = std::get<StorageNode>(graph_.nodes[node.storage]);
    const std::size_t element = size_of(storage.type);
    const auto count = static_cast<std::uint64_t>(node.element_count);
    // An expanded tensor may have more elements than memory has bytes.
    bytes_.take(count > UINT64_MAX / element ? UINT64_MAX : count * element);
    bytes_.take(node.shape.size() * sizeof(std::int64_t));
    return Tensor{storage.type, node.shape,
                  copy_view(storage.bytes, element, node.offset, node.shape, node.strides, node.element_count)};
  }

  std::vector<Value> make_items(const std::vector<NodeIndex>& nodes) {
    std::vector<Value> items;
    // Not reserved: a file could ask for 128 MB at each of 64 levels before the count of objects stops it.
    for (const NodeIndex node : nodes)
      items.push_back(build(node));  // NOLINT(performance-inefficient-vector-operation)
    return items;
  }

  std::vector<DictEntry> make_entries(const DictNode& node) {
    std::vector<DictEntry> entries;
    std::set<KeyIdentity> keys;
    for (const auto& [key, value] : node.entries) {
      if (!keys.insert(identity(key)).second) {
        throw_damaged(file_, fmt::format("a dict has the key {} twice", describe_key(key)));
      }
      Value key_value = build(key);
      entries.push_back({std::move(key_value), build(value)});
    }
    return entries;
  }

  using KeyIdentity = std::variant<std::monostate, bool, std::int64_t, double, std::string_view>;

  KeyIdentity identity(NodeIndex node) const {
    const Node& key = graph_.nodes[node];
    if (const auto* text = std::get_if<std::string_view>(&key)) return *text;
    if (const auto* number = std::get_if<std::int64_t>(&key)) return *number;
    if (const auto* flag = std::get_if<bool>(&key)) return *flag;
    if (std::holds_alternative<NoneNode>(key)) return std::monostate{};
    if (const auto* number = std::get_if<double>(&key); number != nullptr && *number == *number) return *number;
    throw_damaged(file_, "a dict has a key that is no text, number, bool or None");
  }

  std::string describe_key(NodeIndex node) const {
    const Node& key = graph_.nodes[node];
    if (const auto* text = std::get_if<std::string_view>(&key)) return fmt::format("'{}'", *text);
    if (const auto* number = std::get_if<std::int64_t>(&key)) return fmt::format("{}", *number);
    if (const auto* number = std::get_if<double>(&key)) return fmt::format("{}", *number);
    if (const auto* flag = std::get_if<bool>(&key)) return *flag ? "True" : "False";
    return "None";
  }

  const PickleGraph& graph_;
  std::string_view file_;
  const ReadLimits& limits_;
  ByteBudget bytes_;
  std::size_t objects_ = 0;
  std::size_t depth_ = 0;
};

}  // namespace

Value unpickle(std::span<const std::byte> pickle, const StorageTable& storages, std::string_view file,
               const ReadLimits& limits, std::uint64_t byte_limit) {
  const PickleGraph graph = PickleMachine(pickle, storages, file, limits).run();
  return ValueBuilder(graph, file, limits, byte_limit).build(graph.root);
}

}  // namespace animalctl::checkpoint
