#include "serve/open_inference_v2.h"

#include <nlohmann/json.hpp>

#include "animalctl/version.h"
#include "serve/serve_settings.h"
#include "serve/v2_answer.h"
#include "serve/v2_infer.h"
#include "serve/v2_repository.h"
#include "serve/v2_statistics.h"

namespace animalctl::serve {
namespace {

using Json = nlohmann::ordered_json;

std::shared_ptr<ModelVersion> version_of(const InferenceService& service, const http::Request& request) {
  return service.models().find(request.parameter("model"), request.parameter("version"));
}

http::Response server_metadata() {
  Json server;
  server["name"] = "animalctl";
  server["version"] = kVersion;
  server["extensions"] = {"binary_tensor_data", "classification", "model_repository", "statistics"};
  return v2_answer(200, server);
}

http::Response server_ready(const InferenceService& service) {
  const bool ready = service.models().healthy();
  http::Response response = v2_answer(ready ? 200 : 503, {{"ready", ready}});
  if (!ready) response.headers.emplace_back("Retry-After", "1");
  return response;
}

http::Response model_metadata(const InferenceService& service, const http::Request& request) {
  const std::shared_ptr<ModelVersion> version = version_of(service, request);
  Json metadata;
  metadata["name"] = version->facts().model;
  metadata["versions"] = Json::array();
  for (const auto& other : service.models().versions(version->facts().model)) {
    metadata["versions"].push_back(other->facts().version);
  }
  metadata["platform"] = "pytorch_torchscript";
  metadata["inputs"] = v2_input_metadata(version->model());
  metadata["outputs"] = v2_output_metadata(*version);
  return v2_answer(200, metadata);
}

http::Response v2_model_ready(const InferenceService& service, const http::Request& request) {
  const std::shared_ptr<ModelVersion> version = version_of(service, request);
  const bool ready = !version->workers().empty();
  return v2_answer(ready ? 200 : 503, {{"name", version->facts().model}, {"ready", ready}});
}

void add_model_routes(http::Router& router, const InferenceService& service) {
  const auto statistics =
      v2_guarded([&service](const http::Request& request) { return v2_statistics(service, request); });
  router.add("GET", "/v2/models/stats", statistics);
  for (const std::string path : {"/v2/models/{model}", "/v2/models/{model}/versions/{version}"}) {
    router.add("GET", path,
               v2_guarded([&service](const http::Request& request) { return model_metadata(service, request); }));
    router.add("GET", path + "/ready",
               v2_guarded([&service](const http::Request& request) { return v2_model_ready(service, request); }));
    router.add("POST", path + "/infer",
               v2_guarded([&service](const http::Request& request) { return v2_infer(service, request); }));
    router.add("GET", path + "/stats", statistics);
  }
}

void add_repository_routes(http::Router& router, const InferenceService& service, const ServeSettings* settings) {
  router.add("POST", "/v2/repository/index", v2_guarded([&service](const http::Request& request) {
               return v2_repository_index(service.models(), request);
             }));
  using Change = http::Response (*)(ModelManager&, const ServeSettings&, const http::Request&);
  const auto add = [&](const char* path, Change change) {
    router.add("POST", path, v2_guarded([&service, settings, change](const http::Request& request) {
                 if (settings == nullptr || !settings->enable_model_api) {
                   return v2_error(405, "models are loaded and unloaded with enable_model_api=true only");
                 }
                 return change(service.models(), *settings, request);
               }));
  };
  add("/v2/repository/models/{model}/load", v2_repository_load);
  add("/v2/repository/models/{model}/unload", v2_repository_unload);
}

}  // namespace

void add_open_inference_v2_routes(http::Router& router, const InferenceService& service,
                                  const ServeSettings* settings) {
  router.add("GET", "/v2", [](const http::Request&) { return server_metadata(); });
  router.add("GET", "/v2/health/live", [](const http::Request&) { return v2_answer(200, {{"live", true}}); });
  router.add("GET", "/v2/health/ready", [&service](const http::Request&) { return server_ready(service); });
  add_model_routes(router, service);
  add_repository_routes(router, service, settings);
}

}  // namespace animalctl::serve
