#include "checkpoint/pickle_machine.h"

#include <utility>

#include <fmt/format.h>

#include "animalctl/base/text.h"
#include "checkpoint/pickle_opcodes.h"
#include "checkpoint/read_failure.h"

namespace animalctl::checkpoint {
namespace {

constexpr std::uint8_t kHighestProtocol = 5;

}  // namespace

PickleMachine::PickleMachine(std::span<const std::byte> pickle, const StorageTable& storages, std::string_view file,
                             const ReadLimits& limits)
    : input_(pickle, file), storages_(storages), file_(file), limits_(limits) {}

PickleGraph PickleMachine::run() {
  while (true) {
    const std::uint8_t opcode = input_.take_u8();
    if (opcode == kStop) break;
    if (run_scalar(opcode) || run_text(opcode) || run_tuple(opcode) || run_container(opcode) || run_stack(opcode) ||
        run_memo(opcode) || run_call(opcode)) {
      continue;
    }
    damaged(
        fmt::format("its pickle has opcode 0x{:02X} at byte {}, which torch.save does not write for tensors, "
                    "numbers, text, lists, tuples and dicts",
                    opcode, input_.position() - 1));
  }
  graph_.root = pop();
  return std::move(graph_);
}

bool PickleMachine::run_scalar(std::uint8_t opcode) {
  switch (opcode) {
    case kNone:
      push_new(NoneNode{});
      return true;
    case kNewTrue:
      push_new(true);
      return true;
    case kNewFalse:
      push_new(false);
      return true;
    case kBinInt:
      push_new(std::int64_t{static_cast<std::int32_t>(input_.take_unsigned(4))});
      return true;
    case kBinInt1:
      push_new(static_cast<std::int64_t>(input_.take_unsigned(1)));
      return true;
    case kBinInt2:
      push_new(static_cast<std::int64_t>(input_.take_unsigned(2)));
      return true;
    case kLong1:
      push_new(input_.take_long(input_.take_u8()));
      return true;
    case kLong4:
      push_new(input_.take_long(input_.take_unsigned(4)));
      return true;
    case kBinFloat:
      push_new(input_.take_double());
      return true;
    default:
      return false;
  }
}

bool PickleMachine::run_text(std::uint8_t opcode) {
  switch (opcode) {
    case kShortBinString:
    case kShortBinUnicode:
      push_text(input_.take_u8());
      return true;
    case kBinString:
    case kBinUnicode:
      push_text(input_.take_unsigned(4));
      return true;
    case kBinUnicode8:
      push_text(input_.take_unsigned(8));
      return true;
    default:
      return false;
  }
}

bool PickleMachine::run_tuple(std::uint8_t opcode) {
  switch (opcode) {
    case kEmptyTuple:
      push_tuple(0);
      return true;
    case kTuple1:
      push_tuple(1);
      return true;
    case kTuple2:
      push_tuple(2);
      return true;
    case kTuple3:
      push_tuple(3);
      return true;
    case kTuple:
      push_new(TupleNode{pop_to_mark()});
      return true;
    default:
      return false;
  }
}

bool PickleMachine::run_container(std::uint8_t opcode) {
  switch (opcode) {
    case kEmptyList:
      push_new(ListNode{});
      return true;
    case kList:
      push_new(ListNode{pop_to_mark()});
      return true;
    case kAppend: {
      const NodeIndex item = pop();
      require_list(top()).items.push_back(item);
      return true;
    }
    case kAppends: {
      const std::vector<NodeIndex> items = pop_to_mark();
      std::vector<NodeIndex>& list = require_list(top()).items;
      list.insert(list.end(), items.begin(), items.end());
      return true;
    }
    case kEmptyDict:
      push_new(DictNode{});
      return true;
    case kDict: {
      DictNode dict;
      add_entries(dict, pop_to_mark());
      push_new(std::move(dict));
      return true;
    }
    case kSetItem: {
      const NodeIndex value = pop();
      const NodeIndex key = pop();
      add_entries(require_dict(top()), std::vector<NodeIndex>{key, value});
      return true;
    }
    case kSetItems: {
      const std::vector<NodeIndex> items = pop_to_mark();
      add_entries(require_dict(top()), items);
      return true;
    }
    default:
      return false;
  }
}

bool PickleMachine::run_stack(std::uint8_t opcode) {
  switch (opcode) {
    case kMark:
      marks_.push_back(stack_.size());
      return true;
    case kPopMark:
      pop_to_mark();
      return true;
    case kDup:
      push(top());
      return true;
    case kPop:
      // Python's POP right after a mark takes the mark.
      if (!marks_.empty() && marks_.back() == stack_.size()) {
        marks_.pop_back();
      } else {
        pop();
      }
      return true;
    case kFrame:
      input_.take_unsigned(8);
      return true;  // a hint for buffered readers
    case kProto: {
      const std::uint8_t protocol = input_.take_u8();
      if (protocol > kHighestProtocol) {
        throw_unsupported(file_,
                          fmt::format("its pickle has protocol {}; up to {} are read", protocol, kHighestProtocol));
      }
      return true;
    }
    default:
      return false;
  }
}

bool PickleMachine::run_memo(std::uint8_t opcode) {
  switch (opcode) {
    case kBinPut:
      remember(input_.take_u8());
      return true;
    case kLongBinPut:
      remember(input_.take_unsigned(4));
      return true;
    case kMemoize:
      remember(memo_.size());
      return true;
    case kBinGet:
      recall(input_.take_u8());
      return true;
    case kLongBinGet:
      recall(input_.take_unsigned(4));
      return true;
    default:
      return false;
  }
}

bool PickleMachine::run_call(std::uint8_t opcode) {
  switch (opcode) {
    case kGlobal: {
      const std::string_view module = input_.take_line();
      push_global(module, input_.take_line());
      return true;
    }
    case kStackGlobal: {
      const NodeIndex name = pop();
      const NodeIndex module = pop();
      push_global(require<std::string_view>(module, "the name of a module"),
                  require<std::string_view>(name, "the name of an object"));
      return true;
    }
    case kBinPersId:
      load_storage();
      return true;
    case kReduce:
    case kNewObj:
      call();
      return true;
    case kBuild:
      build();
      return true;
    default:
      return false;
  }
}

void PickleMachine::charge_objects(std::size_t count) {
  if (count > limits_.max_objects - objects_) {
    throw_over_limit(file_, fmt::format("its pickle has over {} objects", limits_.max_objects));
  }
  objects_ += count;
}

void PickleMachine::push(NodeIndex node) {
  if (stack_.size() >= limits_.max_objects) {
    throw_over_limit(file_, fmt::format("its pickle has a stack of over {} objects", limits_.max_objects));
  }
  stack_.push_back(node);
}

void PickleMachine::push_new(Node node) {
  charge_objects(1);
  graph_.nodes.push_back(std::move(node));
  push(static_cast<NodeIndex>(graph_.nodes.size() - 1));
}

NodeIndex PickleMachine::top() const {
  const std::size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() <= floor) damaged(fmt::format("its pickle takes from an empty stack (byte {})", input_.position()));
  return stack_.back();
}

NodeIndex PickleMachine::pop() {
  const NodeIndex node = top();
  stack_.pop_back();
  return node;
}

std::vector<NodeIndex> PickleMachine::pop_to_mark() {
  if (marks_.empty())
    damaged(fmt::format("its pickle closes a group that was not opened (byte {})", input_.position()));
  const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  std::vector<NodeIndex> items(first, stack_.end());
  stack_.erase(first, stack_.end());
  marks_.pop_back();
  return items;
}

void PickleMachine::push_tuple(std::size_t size) {
  TupleNode tuple;
  tuple.items.resize(size);
  for (std::size_t i = size; i-- > 0;) tuple.items[i] = pop();
  push_new(std::move(tuple));
}

void PickleMachine::push_text(std::uint64_t size) {
  const std::string_view text = input_.take_text(size);
  if (!is_utf8(text))
    damaged(fmt::format("it holds text that is not UTF-8 (up to byte {} of its pickle)", input_.position()));
  push_new(text);
}

ListNode& PickleMachine::require_list(NodeIndex node) {
  auto* list = std::get_if<ListNode>(&graph_.nodes[node]);
  if (list == nullptr) damaged(fmt::format("its pickle appends to what is no list (byte {})", input_.position()));
  return *list;
}

DictNode& PickleMachine::require_dict(NodeIndex node) {
  auto* dict = std::get_if<DictNode>(&graph_.nodes[node]);
  if (dict == nullptr) damaged(fmt::format("its pickle sets an item of what is no dict (byte {})", input_.position()));
  return *dict;
}

void PickleMachine::add_entries(DictNode& dict, std::span<const NodeIndex> keys_and_values) {
  if (keys_and_values.size() % 2 != 0)
    damaged(fmt::format("its pickle has a key without a value (byte {})", input_.position()));
  for (std::size_t i = 0; i < keys_and_values.size(); i += 2) {
    dict.entries.emplace_back(keys_and_values[i], keys_and_values[i + 1]);
  }
}

void PickleMachine::remember(std::uint64_t key) {
  const NodeIndex node = top();
  if (memo_.size() >= limits_.max_objects) {
    throw_over_limit(file_, fmt::format("its pickle remembers over {} objects", limits_.max_objects));
  }
  memo_[key] = node;
}

void PickleMachine::recall(std::uint64_t key) {
  const auto found = memo_.find(key);
  if (found == memo_.end()) damaged(fmt::format("its pickle recalls object {}, which it did not store", key));
  push(found->second);
}

void PickleMachine::refuse_argument(std::string_view what) const {
  damaged(fmt::format("its pickle lacks {} (byte {})", what, input_.position()));
}

void PickleMachine::damaged(std::string_view what) const {
  throw_damaged(file_, what);
}

}  // namespace animalctl::checkpoint
