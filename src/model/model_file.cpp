#include "model/model_file.h"

#include <fmt/core.h>

#include <cmath>

#include "animalctl/base/error.h"
#include "animalctl/checkpoint/field.h"
#include "animalctl/checkpoint/torch_file.h"
#include "model/tensor_conversion.h"

namespace animalctl {
namespace {

using checkpoint::Dict;
using checkpoint::Field;
using checkpoint::List;
using checkpoint::Value;

// Version of the "animalctl" key; a reader refuses greater ones.
constexpr std::int64_t kFormatVersion = 1;
constexpr const char* kOurKey = "animalctl";

Value float_list(const std::vector<float>& numbers) {
  List list;
  for (const float number : numbers) list.items.emplace_back(static_cast<double>(number));
  return list;
}

Value describe_preprocessing(const Preprocessing& preprocessing) {
  Dict dict;
  dict.set("resize", "area");
  dict.set("width", preprocessing.width);
  dict.set("height", preprocessing.height);
  dict.set("channels", preprocessing.channels);
  dict.set("mean", float_list(preprocessing.mean));
  dict.set("std", float_list(preprocessing.std));
  return dict;
}

int read_size(const Field& field, int low, int high) {
  const std::int64_t value = field.integer();
  if (value < low || value > high) field.refuse(fmt::format("{} is not from {} to {}", value, low, high));
  return static_cast<int>(value);
}

std::vector<float> read_floats(const Field& field, std::size_t count, bool positive) {
  if (field.size() != count) field.refuse(fmt::format("{} numbers are needed, one a channel", count));
  std::vector<float> numbers;
  for (std::size_t i = 0; i < count; ++i) {
    const Field item = field.at(static_cast<std::int64_t>(i));
    const auto number = static_cast<float>(item.number());
    if (!std::isfinite(number) || (positive && number <= 0)) item.refuse("not a usable number");
    numbers.push_back(number);
  }
  return numbers;
}

Preprocessing read_preprocessing(const Field& field) {
  Preprocessing preprocessing;
  if (field.at("resize").text() != "area") field.at("resize").refuse("only \"area\" is known to this version");
  preprocessing.width = read_size(field.at("width"), 1, 4096);
  preprocessing.height = read_size(field.at("height"), 1, 4096);
  preprocessing.channels = read_size(field.at("channels"), 1, 3);
  if (preprocessing.channels == 2) field.at("channels").refuse("1 (grey) or 3 (RGB) is needed");
  preprocessing.mean = read_floats(field.at("mean"), static_cast<std::size_t>(preprocessing.channels), false);
  preprocessing.std = read_floats(field.at("std"), static_cast<std::size_t>(preprocessing.channels), true);
  return preprocessing;
}

void read_description(const Field& field, ModelFile& file) {
  const std::int64_t version = field.at("format").integer();
  if (version < 1 || version > kFormatVersion) {
    field.at("format").refuse(
        fmt::format("version {} is not known; this program reads up to {}", version, kFormatVersion));
  }
  file.architecture = field.at("architecture").text();
  file.classes.clear();
  const Field classes = field.at("classes");
  for (std::size_t i = 0; i < classes.size(); ++i)
    file.classes.push_back(classes.at(static_cast<std::int64_t>(i)).text());
  if (file.classes.size() < 2) classes.refuse("at least two classes are needed");
  file.preprocessing = read_preprocessing(field.at("preprocessing"));
  if (field.has("training")) file.training_state = field.at("training").value();
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
  Dict dict;
  dict.set("format", kFormatVersion);
  dict.set("architecture", file.architecture);
  List classes;
  for (const std::string& name : file.classes) classes.items.emplace_back(name);
  dict.set("classes", std::move(classes));
  dict.set("preprocessing", describe_preprocessing(file.preprocessing));
  if (file.training_state) dict.set("training", *file.training_state);
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
  if (root.has(kOurKey)) {
    read_description(root.at(kOurKey), file);
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
  root.set(kOurKey, describe(file));
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
