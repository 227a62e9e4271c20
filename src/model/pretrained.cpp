#include "model/pretrained.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
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

// Names of tensors do not depend on it, and every architecture can tell two apart.
constexpr std::size_t kAnyClasses = 2;

struct Weights {
  Dict state;
  std::optional<ModelDescription> description;  // where the file has one
};

Weights read_weights(const std::filesystem::path& file) {
  if (checkpoint::is_safetensors(file)) return {checkpoint::read_safetensors(file).tensors, std::nullopt};
  const checkpoint::Value value = checkpoint::read_torch_file(file);
  const Field root(value, file.string());
  if (!root.has("model_state_dict")) return {root.dict(), std::nullopt};
  Weights weights{root.at("model_state_dict").dict(), std::nullopt};
  if (root.has(kDescriptionName)) weights.description = read_model_description(root.at(kDescriptionName));
  return weights;
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
    if (tensor_names(*row.make({row.default_preprocessing(), kAnyClasses})) == names) return row.name;
  }
  return {};
}

bool same_shape(const torch::Tensor& wanted, const checkpoint::Value& value) {
  const auto* tensor = value.get_if<checkpoint::Tensor>();
  return tensor != nullptr && wanted.sizes() == at::IntArrayRef(tensor->shape);
}

void require_architecture(const Dict& state, const torch::nn::Module& network, const std::string& architecture,
                          const std::string& origin) {
  const std::set<std::string> given = tensor_names(state);
  if (given == tensor_names(network)) return;
  const std::string other = architecture_of(given);
  if (other.empty()) return;  // the tensors will be named
  throw Error(ErrorCode::DataLoss,
              fmt::format("{} is of the architecture {}, not of {}; give --arch {} or other weights", origin, other,
                          architecture, other));
}

void require_classes(const ModelDescription& found, const ModelDescription& wanted, const std::string& origin) {
  if (found.classes == wanted.classes) return;
  throw Error(ErrorCode::DataLoss,
              fmt::format("{} tells {} apart, not {}; a {} goes on with the same classes in the same order, or is "
                          "trained without --weights",
                          origin, fmt::join(found.classes, ","), fmt::join(wanted.classes, ","), wanted.architecture));
}

}  // namespace

std::string load_pretrained(BackboneNetwork& network, const std::string& architecture,
                            const std::filesystem::path& file, std::uint64_t seed) {
  const std::string origin = file.string();
  Dict state = read_weights(file).state;
  require_architecture(state, network, architecture, origin);
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

std::string load_trained(Network& network, const ModelDescription& wanted, const std::filesystem::path& file) {
  const std::string origin = file.string();
  const Weights weights = read_weights(file);
  require_architecture(weights.state, network, wanted.architecture, origin);
  if (weights.description) require_classes(*weights.description, wanted, origin);
  try {
    load_state_dict(network, weights.state, origin);
  } catch (const Error& error) {
    const int side = weights.description ? weights.description->preprocessing.width : wanted.preprocessing.width;
    if (side == wanted.preprocessing.width) throw;
    throw Error(error.code(),
                fmt::format("{}; it sees {} pixels a side, --image-size {} would fit", error.message(), side, side));
  }
  return fmt::format("training goes on from all tensors of {}", origin);
}

}  // namespace animalctl
