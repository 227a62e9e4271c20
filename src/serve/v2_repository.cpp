#include "serve/v2_repository.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "animalctl/base/json.h"
#include "serve/model_store.h"
#include "serve/v2_answer.h"

namespace animalctl::serve {
namespace {

using Json = nlohmann::ordered_json;

// The body as an object; empty for none.
nlohmann::json parse_body(const std::string& body) {
  if (body.find_first_not_of(" \t\r\n") == std::string::npos) return nlohmann::json::object();
  nlohmann::json parsed;
  try {
    parsed = parse_json(body, "the request");
  } catch (const Error& error) {
    throw Error(ErrorCode::InvalidArgument, error.message());
  }
  if (!parsed.is_object()) throw Error(ErrorCode::InvalidArgument, "the request is not a JSON object");
  return parsed;
}

bool wants_ready_only(const std::string& body) {
  const nlohmann::json parsed = parse_body(body);
  const auto ready = parsed.find("ready");
  if (ready == parsed.end()) return false;
  if (!ready->is_boolean()) throw Error(ErrorCode::InvalidArgument, "\"ready\" is not true or false");
  return ready->get<bool>();
}

Json entry_of(const ModelVersion& version) {
  const bool ready = !version.workers().empty();
  return {{"name", version.facts().model},
          {"version", version.facts().version},
          {"state", ready ? "READY" : "UNAVAILABLE"},
          {"reason", ready ? "" : "no worker"}};
}

// "animal" of "animal.mar", "animal.tar.gz" or a folder "animal".
std::string model_of_archive(std::string file) {
  for (const std::string_view ending : {".mar", ".tgz", ".tar.gz"}) {
    if (file.ends_with(ending)) return file.substr(0, file.size() - ending.size());
  }
  return file;
}

// The store's archive for a model; that of the plainest name when there is none, so that the error names it.
std::string archive_of_model(const ModelStore& store, const std::string& model) {
  std::string plain = model + ".mar";
  const std::vector<std::string> files = store.list();
  if (std::find(files.begin(), files.end(), plain) != files.end()) return plain;
  const auto found = std::find_if(files.begin(), files.end(),
                                  [&](const std::string& file) { return model_of_archive(file) == model; });
  return found == files.end() ? plain : *found;
}

}  // namespace

http::Response v2_repository_index(const ModelManager& models, const http::Request& request) {
  const bool ready_only = wants_ready_only(request.body);
  Json index = Json::array();
  std::vector<std::string> loaded;
  for (const ModelManager::Entry& registered : models.entries()) {
    loaded.push_back(registered.archive);
    Json entry = entry_of(*registered.version);
    if (!ready_only || entry["state"] == "READY") index.push_back(std::move(entry));
  }
  if (ready_only) return v2_answer(200, index);
  for (const std::string& file : models.store().list()) {
    if (std::find(loaded.begin(), loaded.end(), file) != loaded.end()) continue;
    index.push_back({{"name", model_of_archive(file)}, {"state", "UNAVAILABLE"}, {"reason", "not loaded"}});
  }
  return v2_answer(200, index);
}

http::Response v2_repository_load(ModelManager& models, const ServeSettings& settings, const http::Request& request) {
  const std::string model = request.parameter("model");
  parse_body(request.body);
  RegisterRequest wanted;
  wanted.url = archive_of_model(models.store(), model);
  wanted.model_name = model;
  wanted.settings = startup_settings(settings);
  try {
    const std::shared_ptr<ModelVersion> version = models.add(wanted);
    models.set_default(model, version->facts().version);
  } catch (const ModelError& error) {
    if (error.failure() != ModelFailure::AlreadyRegistered) throw;
  }
  return v2_answer(200, Json::object());
}

http::Response v2_repository_unload(ModelManager& models, const ServeSettings&, const http::Request& request) {
  const std::string model = request.parameter("model");
  parse_body(request.body);
  // Names alone: whoever holds a version keeps it from being removed.
  std::vector<std::string> names;
  for (const auto& version : models.versions(model)) names.push_back(version->facts().version);
  // The default version goes last: before, it may not.
  const std::string kept = models.default_version(model);
  for (const std::string& name : names) {
    if (name != kept) models.remove(model, name);
  }
  models.remove(model, kept);
  return v2_answer(200, Json::object());
}

}  // namespace animalctl::serve
