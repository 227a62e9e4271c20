#include "model/pretrained.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "animalctl/base/error.h"
#include "animalctl/checkpoint/field.h"
#include "animalctl/checkpoint/safetensors.h"
#include "animalctl/checkpoint/torch_file.h"
#include "model/tensor_conversion.h"

namespace animalctl {
namespace {

using checkpoint::Dict;
using checkpoint::DictEntry;
using checkpoint::Field;

constexpr std::size_t kPublishedClasses = 1000;

Dict read_weights(const std::filesystem::path& file) {
  if (checkpoint::is_safetensors(file)) return checkpoint::read_safetensors(file).tensors;
  const checkpoint::Value value = checkpoint::read_torch_file(file);
  const Field root(value, file.string());
  return root.has("model_state_dict") ? root.at("model_state_dict").dict() : root.dict();
}

std::set<std::string> tensor_names(const Dict& state) {
  std::set<std::string> names;
  for (const DictEntry& entry : state.entries) {
    if (const auto* name = entry.key.get_if<std::string>()) names.insert(*name);
  }
  return names;
}

std::set<std::string> tensor_names(const torch::nn::Module& module) {
  std::set<std::string> names;
  for (const NamedTensor& item : state_tensors(module)) names.insert(item.name);
  return names;
}

// The architecture whose tensors have exactly these names, or nothing.
std::string architecture_of(const std::set<std::string>& names) {
  for (const ArchitectureRow& row : architecture_table()) {
    if (row.pretrained && tensor_names(*row.make({row.default_preprocessing(), kPublishedClasses})) == names) {
      return row.name;
    }
  }
  return {};
}

bool same_shape(const torch::Tensor& wanted, const checkpoint::Value& value) {
  const auto* tensor = value.get_if<checkpoint::Tensor>();
  return tensor != nullptr && wanted.sizes() == at::IntArrayRef(tensor->shape);
}

}  // namespace

std::string load_pretrained(BackboneNetwork& network, const std::string& architecture,
                            const std::filesystem::path& file, std::uint64_t seed) {
  const std::string origin = file.string();
  Dict state = read_weights(file);
  const std::set<std::string> given = tensor_names(state);
  if (given != tensor_names(network)) {
    const std::string other = architecture_of(given);
    if (!other.empty()) {
      throw Error(ErrorCode::DataLoss, fmt::format("{} holds a {}, not a {}; give --arch {} or other weights", origin,
                                                   other, architecture, other));
    }
  }
  network.initialise_head(seed);
  std::string replaced;
  bool kept = true;
  // The head of the file gives way to the new one unless it has its shape.
  for (const NamedTensor& item : state_tensors(network)) {
    if (!network.is_head(item.name)) continue;
    const checkpoint::Value* const found = state.find(item.name);
    if (found != nullptr && same_shape(item.tensor, *found)) continue;
    kept = false;
    const auto* const tensor = found == nullptr ? nullptr : found->get_if<checkpoint::Tensor>();
    const std::int64_t before = tensor == nullptr || tensor->shape.empty() ? 0 : tensor->shape[0];
    replaced = fmt::format("{}: {} outputs → {}", item.name, before, network.outputs());
  }
  if (!kept) {
    std::erase_if(state.entries, [&](const DictEntry& entry) {
      const auto* const name = entry.key.get_if<std::string>();
      return name != nullptr && network.is_head(*name);
    });
    for (const NamedTensor& item : state_tensors(network)) {
      if (!network.is_head(item.name)) continue;
      state.entries.push_back({checkpoint::Value(item.name), checkpoint::Value(to_plain(item.tensor))});
    }
  }
  load_state_dict(network, state, origin);
  return kept ? fmt::format("all tensors of {} are taken over, its head too", origin)
              : fmt::format("the backbone of {} is taken over, the head starts anew ({})", origin, replaced);
}

}  // namespace animalctl
