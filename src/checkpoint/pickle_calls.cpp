// What the callables of the allow-list do.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "checkpoint/checked_math.h"
#include "checkpoint/pickle_machine.h"
#include "checkpoint/read_failure.h"
#include "checkpoint/strided_copy.h"

namespace animalctl::checkpoint {
namespace {

// PyTorch itself has no tensors of more dimensions.
constexpr std::size_t kMostDimensions = 64;

}  // namespace

void PickleMachine::push_global(std::string_view module, std::string_view name) {
  const PickleGlobal& global = find_global(module, name, file_);
  if (global.kind == PickleGlobal::Kind::ScalarTypeName) {
    push_new(global.name);
  } else {
    push_new(&global);
  }
}

// A persistent id: ("storage", type, key, device, number of elements).
void PickleMachine::load_storage() {
  const auto& id = require<TupleNode>(pop(), "a storage id");
  if (id.items.size() != 5 || require<std::string_view>(id.items[0], "the kind of storage") != "storage") {
    refuse_argument("a storage id of five parts");
  }
  const PickleGlobal& type = *require<const PickleGlobal*>(id.items[1], "the type of storage");
  if (type.kind != PickleGlobal::Kind::Storage) refuse_argument("the type of storage");
  const std::string_view key = require<std::string_view>(id.items[2], "the key of a storage");
  require<std::string_view>(id.items[3], "the device of a storage");
  const std::int64_t count = require<std::int64_t>(id.items[4], "the number of elements of a storage");

  const auto found = storages_.find(key);
  if (found == storages_.end()) damaged(fmt::format("the storage data/{} is missing", key));
  const auto bytes =
      count < 0 ? std::nullopt : checked_multiply(static_cast<std::uint64_t>(count), std::uint64_t{size_of(type.type)});
  if (!bytes || *bytes != found->second.size()) {
    damaged(fmt::format("the storage data/{} should have {} elements of {} ({} bytes each) and has {} bytes", key,
                        count, to_string(type.type), size_of(type.type), found->second.size()));
  }
  push_new(StorageNode{type.type, found->second, count});
}

void PickleMachine::call() {
  const NodeIndex arguments_node = pop();
  const std::vector<NodeIndex> arguments = require<TupleNode>(arguments_node, "a tuple of arguments").items;
  const PickleGlobal& global = *require<const PickleGlobal*>(pop(), "a name to call");
  switch (global.kind) {
    case PickleGlobal::Kind::OrderedDict: {
      if (!arguments.empty()) refuse_argument("an empty OrderedDict()");
      DictNode dict;
      dict.ordered = true;
      push_new(std::move(dict));
      return;
    }
    case PickleGlobal::Kind::Size:
      if (arguments.size() != 1) refuse_argument("the one argument of torch.Size");
      require<TupleNode>(arguments[0], "a tuple of sizes");
      push(arguments[0]);
      return;
    case PickleGlobal::Kind::Device: {
      if (arguments.empty() || arguments.size() > 2) refuse_argument("the name of a device");
      std::string_view device = require<std::string_view>(arguments[0], "the name of a device");
      if (arguments.size() == 2) {
        const std::int64_t number = require<std::int64_t>(arguments[1], "the number of a device");
        device = graph_.made_text.emplace_front(fmt::format("{}:{}", device, number));
      }
      push_new(device);
      return;
    }
    case PickleGlobal::Kind::RebuildTensor:
      push(rebuild_tensor(arguments, false));
      return;
    case PickleGlobal::Kind::RebuildTensorV2:
      push(rebuild_tensor(arguments, true));
      return;
    case PickleGlobal::Kind::RebuildParameter:
      push(rebuild_parameter(arguments));
      return;
    case PickleGlobal::Kind::ScalarTypeName:
    case PickleGlobal::Kind::Storage:
      break;
  }
  damaged(fmt::format("its pickle calls {}, which is no function that is known here", global.name));
}

// Python's object.__setstate__; torch's state_dict() keeps the modules' versions in an attribute.
void PickleMachine::build() {
  const NodeIndex state = pop();
  DictNode& target = require_dict(top());
  if (!target.ordered) damaged("its pickle gives attributes to an object other than an OrderedDict");
  require<DictNode>(state, "a dict of attributes");
  target.attributes = state;
  target.has_attributes = true;
}

std::vector<std::int64_t> PickleMachine::take_sizes(NodeIndex node, std::string_view what) const {
  const auto& tuple = require<TupleNode>(node, what);
  if (tuple.items.size() > kMostDimensions) {
    damaged(fmt::format("it holds a tensor of {} dimensions; up to {} are read", tuple.items.size(), kMostDimensions));
  }
  std::vector<std::int64_t> sizes;
  sizes.reserve(tuple.items.size());
  for (const NodeIndex item : tuple.items) sizes.push_back(require<std::int64_t>(item, what));
  return sizes;
}

// _rebuild_tensor(storage, offset, size, stride) and
// _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks[, metadata]).
NodeIndex PickleMachine::rebuild_tensor(const std::vector<NodeIndex>& arguments, bool second_version) {
  const std::size_t least = second_version ? 6 : 4;
  const std::size_t most = second_version ? 7 : 4;
  if (arguments.size() < least || arguments.size() > most) refuse_argument("a tensor of the usual arguments");
  const auto& storage = require<StorageNode>(arguments[0], "the storage of a tensor");
  TensorNode tensor;
  tensor.storage = arguments[0];
  tensor.offset = require<std::int64_t>(arguments[1], "the offset of a tensor");
  tensor.shape = take_sizes(arguments[2], "the size of a tensor");
  tensor.strides = take_sizes(arguments[3], "the stride of a tensor");
  if (arguments.size() == 7 && get_if<NoneNode>(arguments[6]) == nullptr &&
      !require<DictNode>(arguments[6], "the metadata of a tensor").entries.empty()) {
    throw_unsupported(file_,
                      "it holds a conjugated or negated view; call resolve_conj() and resolve_neg() before saving");
  }
  const auto count = count_view_elements(tensor.shape, tensor.strides, tensor.offset, storage.element_count);
  if (!count) {
    damaged(fmt::format("a tensor of shape [{}], strides [{}] and offset {} lies outside its storage of {} elements",
                        fmt::join(tensor.shape, ", "), fmt::join(tensor.strides, ", "), tensor.offset,
                        storage.element_count));
  }
  tensor.element_count = *count;
  charge_objects(1 + 2 * tensor.shape.size());
  graph_.nodes.emplace_back(std::move(tensor));
  return static_cast<NodeIndex>(graph_.nodes.size() - 1);
}

// _rebuild_parameter(tensor, requires_grad, hooks): the tensor itself.
NodeIndex PickleMachine::rebuild_parameter(const std::vector<NodeIndex>& arguments) {
  if (arguments.size() != 3) refuse_argument("a parameter of three arguments");
  require<TensorNode>(arguments[0], "the tensor of a parameter");
  return arguments[0];
}

}  // namespace animalctl::checkpoint
