#include "model/model_file.h"

#include <fmt/core.h>

#include <cmath>

#include "animalctl/base/error.h"
#include "animalctl/checkpoint/field.h"
#include "animalctl/checkpoint/torch_file.h"
#include "model/description.h"
#include "model/tensor_conversion.h"

namespace animalctl {
namespace {

using checkpoint::Dict;
using checkpoint::Field;
using checkpoint::Value;

void read_description(const Field& field, ModelFile& file) {
  ModelDescription description = read_model_description(field);
  file.architecture = std::move(description.architecture);
  file.classes = std::move(description.classes);
  file.preprocessing = std::move(description.preprocessing);
  if (field.has("training")) file.training_state = field.at("training").value();
  if (field.has("raw_state")) file.raw_state = field.at("raw_state").dict();
}

// A file without our description: the seed's and plain state dicts of the same network.
void recognise(ModelFile& file, const std::string& origin) {
  const Value* weight = file.state.find("fc1.weight");
  const auto* tensor = weight == nullptr ? nullptr : weight->get_if<checkpoint::Tensor>();
  if (file.state.size() == 2 && file.state.find("fc1.bias") != nullptr && tensor != nullptr &&
      tensor->shape.size() == 2 && tensor->shape[0] == 1) {
    const auto side = static_cast<int>(std::lround(std::sqrt(static_cast<double>(tensor->shape[1]))));
    if (side >= 1 && side <= 4096 && std::int64_t{side} * side == tensor->shape[1]) {
      file.preprocessing.width = file.preprocessing.height = side;
      return;
    }
  }
  std::string names;
  for (std::size_t i = 0; i < std::min<std::size_t>(5, file.state.size()); ++i) {
    const auto* name = file.state.entries[i].key.get_if<std::string>();
    names += fmt::format("{}{}", names.empty() ? "" : ", ", name == nullptr ? "?" : *name);
  }
  throw Error(ErrorCode::DataLoss,
              fmt::format("{}: its {} tensors ({}{}) belong to no architecture of this program; an animalnet has "
                          "fc1.weight and fc1.bias",
                          origin, file.state.size(), names, file.state.size() > 5 ? ", …" : ""));
}

Value describe(const ModelFile& file) {
  Dict dict = describe_model({file.architecture, file.classes, file.preprocessing});
  if (file.training_state) dict.set("training", *file.training_state);
  if (file.raw_state) dict.set("raw_state", *file.raw_state);
  return dict;
}

}  // namespace

ModelFile read_model_file(const std::filesystem::path& path) {
  const Value value = checkpoint::read_torch_file(path);
  const Field root(value, path.string());
  ModelFile file;
  if (!root.has("model_state_dict")) {
    file.state = root.dict();
    recognise(file, path.string());
    return file;
  }
  file.state = root.at("model_state_dict").dict();
  if (root.has("epoch")) file.epoch = root.at("epoch").integer();
  if (root.has("loss")) file.loss = root.at("loss").number();
  if (root.has("optimizer_state_dict")) file.optimizer_state = root.at("optimizer_state_dict").value();
  if (root.has(kDescriptionName)) {
    read_description(root.at(kDescriptionName), file);
  } else {
    recognise(file, path.string());
  }
  return file;
}

void write_model_file(const std::filesystem::path& path, const ModelFile& file) {
  Dict root;
  root.set("epoch", file.epoch);
  root.set("model_state_dict", file.state);
  root.set("optimizer_state_dict", file.optimizer_state.value_or(Value(Dict{})));
  root.set("loss", file.loss);
  root.set(kDescriptionName, describe(file));
  checkpoint::write_torch_file(path, root);
}

std::shared_ptr<Network> make_network(const ModelFile& file, const std::filesystem::path& origin) {
  const ArchitectureRow row = find_architecture(file.architecture);
  std::shared_ptr<Network> network = row.make({file.preprocessing, file.classes.size()});
  load_state_dict(*network, file.state, origin.string());
  network->eval();
  return network;
}

}  // namespace animalctl
