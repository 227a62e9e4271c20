#include "model/description.h"

#include <fmt/core.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "animalctl/base/json.h"
#include "animalctl/version.h"

namespace animalctl {
namespace {

using checkpoint::Dict;
using checkpoint::Field;
using checkpoint::List;
using checkpoint::Value;

constexpr int kMaxSide = 4096;

Value float_list(const std::vector<float>& numbers) {
  List list;
  for (const float number : numbers) list.items.emplace_back(static_cast<double>(number));
  return list;
}

Value describe(const Preprocessing& preprocessing) {
  Dict dict;
  dict.set("resize", preprocessing.fit == Fit::Stretch ? "area" : "centre-area");
  if (preprocessing.fit == Fit::Centre) dict.set("centre_share", static_cast<double>(preprocessing.centre_share));
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

std::vector<float> read_floats(const Field& field, int count, bool positive) {
  if (field.size() != static_cast<std::size_t>(count)) {
    field.refuse(fmt::format("{} numbers are needed, one a channel", count));
  }
  std::vector<float> numbers;
  for (int i = 0; i < count; ++i) {
    const Field item = field.at(i);
    const auto number = static_cast<float>(item.number());
    if (!std::isfinite(number) || (positive && number <= 0)) item.refuse("not a usable number");
    numbers.push_back(number);
  }
  return numbers;
}

Preprocessing read_preprocessing(const Field& field) {
  Preprocessing preprocessing;
  const std::string fit = field.at("resize").text();
  if (fit != "area" && fit != "centre-area") {
    field.at("resize").refuse("only \"area\" and \"centre-area\" are known to this version");
  }
  if (fit == "centre-area") {
    preprocessing.fit = Fit::Centre;
    preprocessing.centre_share = static_cast<float>(field.at("centre_share").number());
    if (!(preprocessing.centre_share > 0 && preprocessing.centre_share <= 1)) {
      field.at("centre_share").refuse("a share above 0 and at most 1 is needed");
    }
  }
  preprocessing.width = read_size(field.at("width"), 1, kMaxSide);
  preprocessing.height = read_size(field.at("height"), 1, kMaxSide);
  preprocessing.channels = read_size(field.at("channels"), 1, 3);
  if (preprocessing.channels == 2) field.at("channels").refuse("1 (grey) or 3 (RGB) is needed");
  preprocessing.mean = read_floats(field.at("mean"), preprocessing.channels, false);
  preprocessing.std = read_floats(field.at("std"), preprocessing.channels, true);
  return preprocessing;
}

// The kinds that a description is made of; JSON has no others but null.
Value to_value(const nlohmann::json& json) {
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  if (json.is_array()) {
    List list;
    for (const nlohmann::json& item : json) list.items.push_back(to_value(item));
    return list;
  }
  if (!json.is_object()) return {};
  Dict dict;
  for (const auto& [key, item] : json.items()) dict.entries.push_back({Value(key), to_value(item)});
  return dict;
}

nlohmann::ordered_json to_json(const Value& value) {
  if (const auto* const number = value.get_if<std::int64_t>()) return *number;
  if (const auto* const number = value.get_if<double>()) return *number;
  if (const auto* const text = value.get_if<std::string>()) return *text;
  if (const auto* const list = value.get_if<List>()) {
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    for (const Value& item : list->items) json.push_back(to_json(item));
    return json;
  }
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const checkpoint::DictEntry& entry : value.get_if<Dict>()->entries) {
    json[*entry.key.get_if<std::string>()] = to_json(entry.value);
  }
  return json;
}

}  // namespace

Dict describe_model(const ModelDescription& description) {
  Dict dict;
  dict.set("format", kDescriptionFormat);
  dict.set("architecture", description.architecture);
  List classes;
  for (const std::string& name : description.classes) classes.items.emplace_back(name);
  dict.set("classes", std::move(classes));
  dict.set("preprocessing", describe(description.preprocessing));
  return dict;
}

ModelDescription read_model_description(const Field& field) {
  const std::int64_t version = field.at("format").integer();
  if (version < 1 || version > kDescriptionFormat) {
    field.at("format").refuse(
        fmt::format("version {} is not known; this program reads up to {}", version, kDescriptionFormat));
  }
  ModelDescription description;
  description.architecture = field.at("architecture").text();
  const Field classes = field.at("classes");
  for (std::size_t i = 0; i < classes.size(); ++i) {
    description.classes.push_back(classes.at(static_cast<std::int64_t>(i)).text());
  }
  if (description.classes.size() < 2) classes.refuse("at least two classes are needed");
  description.preprocessing = read_preprocessing(field.at("preprocessing"));
  return description;
}

std::string description_json(const ModelDescription& description, const ExportedNetwork& network) {
  nlohmann::ordered_json json = to_json(describe_model(description));
  json["output"] = network.output;
  if (!network.module.empty()) json["module"] = network.module;
  if (network.projection > 0) json["projection"] = network.projection;
  json["version"] = kVersion;
  return json.dump();
}

ModelDescription parse_description_json(std::string_view text, const std::string& origin) {
  const Value value = to_value(parse_json(text, origin));
  return read_model_description(Field(value, origin));
}

}  // namespace animalctl
