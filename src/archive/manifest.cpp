#include "archive/manifest.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/json.h"
#include "archive/archive_names.h"

namespace animalctl::archive {
namespace {

using Json = nlohmann::json;

[[noreturn]] void refuse(const std::string& origin, const char* key, std::string_view what) {
  throw Error(ErrorCode::DataLoss, fmt::format("{}: \"{}\" {}", origin, key, what));
}

// The text of a key; "" when it is missing or null. Numbers are taken as they are written: TorchServe does so too.
std::string optional_text(const Json& object, const char* key, const std::string& origin) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return "";
  if (found->is_number()) return found->dump();
  if (!found->is_string()) refuse(origin, key, "is no text");
  return found->get<std::string>();
}

std::string required_text(const Json& object, const char* key, const std::string& origin) {
  std::string text = optional_text(object, key, origin);
  if (text.empty()) refuse(origin, key, "is missing; a model archive needs it");
  return text;
}

std::vector<std::string> read_extensions(const Json& model, const std::string& origin) {
  std::vector<std::string> extensions;
  const auto found = model.find("extensions");
  if (found == model.end() || !found->is_array()) return extensions;
  for (const Json& item : *found) {
    if (!item.is_string()) refuse(origin, "extensions", "holds something else than texts");
    extensions.push_back(item.get<std::string>());
  }
  return extensions;
}

}  // namespace

Manifest parse_manifest(std::string_view text, const std::string& origin) {
  const Json json = parse_json(text, origin);
  if (!json.is_object()) throw Error(ErrorCode::DataLoss, fmt::format("{} is no JSON object", origin));
  const auto model = json.find("model");
  if (model == json.end() || !model->is_object()) refuse(origin, "model", "is missing; a model archive needs it");
  Manifest manifest;
  manifest.created_on = optional_text(json, "createdOn", origin);
  manifest.runtime = required_text(json, "runtime", origin);
  manifest.archiver_version = optional_text(json, "archiverVersion", origin);
  manifest.model_name = required_text(*model, "modelName", origin);
  manifest.model_version = required_text(*model, "modelVersion", origin);
  manifest.serialized_file = optional_text(*model, "serializedFile", origin);
  manifest.handler = optional_text(*model, "handler", origin);
  manifest.model_file = optional_text(*model, "modelFile", origin);
  manifest.config_file = optional_text(*model, "configFile", origin);
  manifest.requirements_file = optional_text(*model, "requirementsFile", origin);
  manifest.extensions = read_extensions(*model, origin);
  require_model_name(manifest.model_name, origin);
  require_model_version(manifest.model_version, origin);
  return manifest;
}

std::string manifest_text(const Manifest& manifest) {
  using Ordered = nlohmann::ordered_json;
  Ordered model;
  model["modelName"] = manifest.model_name;
  const auto optional = [&](const char* key, const std::string& text) {
    if (!text.empty()) model[key] = text;
  };
  optional("serializedFile", manifest.serialized_file);
  model["handler"] = manifest.handler;
  optional("modelFile", manifest.model_file);
  model["modelVersion"] = manifest.model_version;
  if (!manifest.extensions.empty()) model["extensions"] = manifest.extensions;
  optional("requirementsFile", manifest.requirements_file);
  optional("configFile", manifest.config_file);
  Ordered json;
  json["createdOn"] = manifest.created_on;
  json["runtime"] = manifest.runtime;
  json["model"] = std::move(model);
  json["archiverVersion"] = manifest.archiver_version;
  // Python's json.dumps writes ASCII only.
  return json.dump(2, ' ', true, Ordered::error_handler_t::replace);
}

}  // namespace animalctl::archive
