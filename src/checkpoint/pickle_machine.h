#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "animalctl/checkpoint/torch_file.h"
#include "checkpoint/pickle_graph.h"
#include "checkpoint/pickle_input.h"

namespace animalctl::checkpoint {

// The storages of a file by key ("0", "1", …).
using StorageTable = std::map<std::string, std::span<const std::byte>, std::less<>>;

// Runs the opcodes of a pickle that torch.save writes (protocols 2 to 5) on a stack of objects.
// Objects are plain data; REDUCE, NEWOBJ and BUILD know the few callables of the allow-list and
// nothing else. One machine reads one pickle.
class PickleMachine {
 public:
  PickleMachine(std::span<const std::byte> pickle, const StorageTable& storages, std::string_view file,
                const ReadLimits& limits);

  // Reads up to STOP; bytes after it are not looked at. Throws DataLoss, Unimplemented or ResourceExhausted.
  PickleGraph run();

 private:
  // Each executes `opcode` when it is of its group, or returns false.
  bool run_scalar(std::uint8_t opcode);
  bool run_text(std::uint8_t opcode);
  bool run_tuple(std::uint8_t opcode);
  bool run_container(std::uint8_t opcode);
  bool run_stack(std::uint8_t opcode);
  bool run_memo(std::uint8_t opcode);
  bool run_call(std::uint8_t opcode);

  // Stack. pop and top never reach below the last mark.
  void push(NodeIndex node);
  void push_new(Node node);
  NodeIndex pop();
  NodeIndex top() const;
  std::vector<NodeIndex> pop_to_mark();
  void push_tuple(std::size_t size);
  void push_text(std::uint64_t size);
  void charge_objects(std::size_t count);

  // Containers.
  ListNode& require_list(NodeIndex node);
  DictNode& require_dict(NodeIndex node);
  void add_entries(DictNode& dict, std::span<const NodeIndex> keys_and_values);

  // Memo.
  void remember(std::uint64_t key);
  void recall(std::uint64_t key);

  // Calls (pickle_calls.cpp).
  void push_global(std::string_view module, std::string_view name);
  void load_storage();
  void call();
  void build();
  NodeIndex rebuild_tensor(const std::vector<NodeIndex>& arguments, bool second_version);
  NodeIndex rebuild_parameter(const std::vector<NodeIndex>& arguments);
  std::vector<std::int64_t> take_sizes(NodeIndex node, std::string_view what) const;

  template <typename T>
  const T* get_if(NodeIndex node) const {
    return std::get_if<T>(&graph_.nodes[node]);
  }
  // The text, number, … of an argument; throws DataLoss that names `what`.
  template <typename T>
  const T& require(NodeIndex node, std::string_view what) const {
    const T* content = get_if<T>(node);
    if (content == nullptr) refuse_argument(what);
    return *content;
  }
  [[noreturn]] void refuse_argument(std::string_view what) const;
  [[noreturn]] void damaged(std::string_view what) const;

  PickleInput input_;
  const StorageTable& storages_;
  std::string_view file_;
  const ReadLimits& limits_;
  PickleGraph graph_;
  std::vector<NodeIndex> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, NodeIndex> memo_;
  std::size_t objects_ = 0;
};

}  // namespace animalctl::checkpoint
