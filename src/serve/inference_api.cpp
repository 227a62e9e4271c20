#include "serve/inference_api.h"

#include <nlohmann/json.hpp>

#include "serve/answer.h"
#include "serve/model_answer.h"
#include "serve/openapi.h"
#include "serve/picture_body.h"

namespace animalctl::serve {
namespace {

http::Response ping(const InferenceService& service) {
  return service.models().healthy() ? status_answer(200, "Healthy") : status_answer(500, "Unhealthy");
}

http::Response predict(const InferenceService& service, const http::Request& request, const std::string& model,
                       const std::string& version_name) {
  const std::shared_ptr<ModelVersion> version = service.models().find(model, version_name);
  const PictureBody body = read_pictures(request);
  if (!body.many)
    return json_answer(200, answer_of(*version, service.predict(*version, body.pictures.front(), request)));
  nlohmann::ordered_json predictions = nlohmann::ordered_json::array();
  for (const Result<Prediction>& result : service.predict_many(*version, body.pictures, request)) {
    predictions.push_back(answer_of(*version, result.value()));
  }
  return json_answer(200, {{"predictions", std::move(predictions)}});
}

// SageMaker's form names no model: the parameter does, or there is one only.
http::Response invoke(const InferenceService& service, const http::Request& request) {
  std::string model = request.query_value("model_name").value_or("");
  for (const http::Part& part : request.parts) {
    if (model.empty() && part.name == "model_name") model = part.content;
  }
  if (model.empty()) {
    const std::vector<std::string> names = service.models().names();
    if (names.size() != 1) throw bad_request("Parameter model_name is required.");
    model = names.front();
  }
  return predict(service, request, model, "");
}

http::Response explain(const InferenceService& service, const http::Request& request) {
  service.models().find(request.parameter("model"), request.parameter("version"));
  throw ApiError(501, "NotImplementedException", "Explanations are not implemented; use /predictions.");
}

}  // namespace

void add_inference_routes(http::Router& router, const InferenceService& service) {
  const http::Handler of_path = [&service](const http::Request& request) {
    return predict(service, request, request.parameter("model"), request.parameter("version"));
  };
  const http::Handler explanation = [&service](const http::Request& request) { return explain(service, request); };
  const http::Handler describe_model = [&service](const http::Request& request) {
    const auto version = service.models().find(request.parameter("model"), request.parameter("version"));
    return json_answer(200, model_api_description(version->facts()));
  };

  router.add("GET", "/ping", [&service](const http::Request&) { return ping(service); });
  for (const char* path : {"/predictions/{model}", "/predictions/{model}/{version}"}) {
    router.add("POST", path, of_path);
    router.add("PUT", path, of_path);
    router.add("OPTIONS", path, describe_model);
  }
  for (const char* path : {"/explanations/{model}", "/explanations/{model}/{version}"}) {
    router.add("POST", path, explanation);
    router.add("PUT", path, explanation);
  }
  for (const char* method : {"POST", "PUT"}) {
    router.add(method, "/invocations", [&service](const http::Request& request) { return invoke(service, request); });
    for (const char* path : {"/models/{model}/invoke", "/{model}/predict", "/{model}/{version}/predict"}) {
      router.add(method, path, of_path);
    }
  }
}

void add_description_routes(http::Router& router, const nlohmann::ordered_json& document) {
  const http::Handler describe = [answer = json_answer(200, document)](const http::Request&) { return answer; };
  router.add("OPTIONS", "/", describe);
  router.add("GET", "/api-description", describe);
}

}  // namespace animalctl::serve
