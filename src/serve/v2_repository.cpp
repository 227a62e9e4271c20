#include "serve/v2_repository.h"

#include <nlohmann/json.hpp>

#include "animalctl/base/json.h"
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

}  // namespace

http::Response v2_repository_index(const ModelManager& models, const http::Request& request) {
  const bool ready_only = wants_ready_only(request.body);
  Json index = Json::array();
  for (const std::string& model : models.names()) {
    for (const auto& version : models.versions(model)) {
      Json entry = entry_of(*version);
      if (!ready_only || entry["state"] == "READY") index.push_back(std::move(entry));
    }
  }
  return v2_answer(200, index);
}

http::Response v2_repository_load(ModelManager& models, const http::Request& request) {
  const std::string model = request.parameter("model");
  parse_body(request.body);
  RegisterRequest wanted;
  wanted.url = model + ".mar";
  wanted.model_name = model;
  try {
    const std::shared_ptr<ModelVersion> version = models.add(wanted);
    models.set_default(model, version->facts().version);
  } catch (const ModelError& error) {
    if (error.failure() != ModelFailure::AlreadyRegistered) throw;
  }
  return v2_answer(200, Json::object());
}

http::Response v2_repository_unload(ModelManager& models, const http::Request& request) {
  const std::string model = request.parameter("model");
  parse_body(request.body);
  const std::string kept = models.default_version(model);
  for (const auto& version : models.versions(model)) {
    if (version->facts().version != kept) models.remove(model, version->facts().version);
  }
  models.remove(model, kept);
  return v2_answer(200, Json::object());
}

}  // namespace animalctl::serve
