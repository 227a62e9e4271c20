#include "serve/management_api.h"

#include <fmt/core.h>

#include <limits>

#include <nlohmann/json.hpp>

#include "serve/answer.h"
#include "serve/describe.h"
#include "serve/model_limits.h"
#include "serve/openapi.h"
#include "serve/register_form.h"

namespace animalctl::serve {
namespace {

constexpr int kPage = 100;
constexpr std::string_view kLater = "Processing worker updates...";

http::Response register_model(ModelManager& models, const ServeSettings& settings, const http::Request& request) {
  const RegisterForm form = read_register_form(request, settings);
  if (!form.synchronous && form.request.settings->min_workers > 0) {
    models.add_later(form.request);
    return status_answer(202, kLater);
  }
  const std::shared_ptr<ModelVersion> version = models.add(form.request);
  const int workers = version->settings().min_workers;
  const std::string registered = fmt::format("Model \"{}\" Version: {} registered with {} initial workers",
                                             version->facts().model, version->facts().version, workers);
  return status_answer(200,
                       workers > 0 ? registered : registered + ". Use scale workers API to add workers for the model.");
}

http::Response answer_list(const ModelManager& models, const http::Request& request) {
  // As in TorchServe a limit beyond the page counts as the page, a token before the first model as the first.
  constexpr int kLowest = std::numeric_limits<int>::min();
  constexpr int kHighest = std::numeric_limits<int>::max();
  int limit = query_number(request, "limit", kPage, kLowest, kHighest);
  if (limit < 0 || limit > kPage) limit = kPage;
  const int first = std::max(0, query_number(request, "next_page_token", 0, kLowest, kHighest));
  return json_answer(200, list_models(models, static_cast<std::size_t>(first), static_cast<std::size_t>(limit)));
}

http::Response scale(ModelManager& models, const http::Request& request) {
  const std::string model = request.parameter("model");
  std::string version = request.parameter("version");
  if (version.empty()) version = request.query_value("model_version").value_or("");
  const int low = query_number(request, "min_worker", 1, 0, kMaxWorkersPerModel);
  const int high = query_number(request, "max_worker", low, 0, kMaxWorkersPerModel);
  if (high < low) throw bad_request("max_worker cannot be less than min_worker.");
  if (!query_flag(request, "synchronous", false)) {
    models.scale_later(model, version, low, high);
    return status_answer(202, kLater);
  }
  models.scale(model, version, low, high);
  return status_answer(200, fmt::format("Workers scaled to {} for model: {}{}", low, model,
                                        version.empty() ? "" : ", version: " + version));
}

http::Response remove(ModelManager& models, const http::Request& request) {
  const std::string model = request.parameter("model");
  models.remove(model, request.parameter("version"));
  return status_answer(200, fmt::format("Model \"{}\" unregistered", model));
}

http::Response set_default(ModelManager& models, const http::Request& request) {
  const std::string model = request.parameter("model");
  const std::string version = request.parameter("version");
  models.set_default(model, version);
  return status_answer(200,
                       fmt::format("Default version successfully updated for model \"{}\" to \"{}\"", model, version));
}

http::Response rotate(Tokens& tokens, const http::Request& request) {
  const std::string type = request.query_value("type").value_or("");
  if (type != "management" && type != "inference") {
    throw bad_request("Parameter type is required: management or inference.");
  }
  tokens.rotate(type == "management" ? TokenUse::Management : TokenUse::Inference);
  return status_answer(200, fmt::format("A new {} key is in the key file", type));
}

}  // namespace

void add_management_routes(http::Router& router, ModelManager& models, const ServeSettings& settings, Tokens* tokens) {
  const auto manage = [&](const char* method, const char* path, auto call) {
    router.add(method, path, [&models, call](const http::Request& request) { return call(models, request); });
  };
  manage("GET", "/models", answer_list);
  if (settings.enable_model_api) {
    router.add("POST", "/models", [&models, &settings](const http::Request& request) {
      return register_model(models, settings, request);
    });
  }
  for (const char* path : {"/models/{model}", "/models/{model}/{version}"}) {
    manage("GET", path, [](ModelManager& all, const http::Request& request) {
      return json_answer(200, describe_versions(all, request.parameter("model"), request.parameter("version")));
    });
    manage("PUT", path, scale);
    if (settings.enable_model_api) manage("DELETE", path, remove);
    manage("OPTIONS", path, [](ModelManager& all, const http::Request& request) {
      all.find(request.parameter("model"), request.parameter("version"));
      return json_answer(200, management_api_description());
    });
  }
  manage("PUT", "/models/{model}/{version}/set-default", set_default);
  if (tokens != nullptr) {
    router.add("GET", "/token", [tokens](const http::Request& request) { return rotate(*tokens, request); });
  }
}

}  // namespace animalctl::serve
