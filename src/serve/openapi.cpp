#include "serve/openapi.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "serve/openapi_document.h"

namespace animalctl::serve {
namespace {

using Json = nlohmann::ordered_json;
using Rows = std::vector<ApiOperation>;

constexpr ApiAnswer kBadRequest{400, "The request is wrong, or its picture cannot be decoded.", "Error"};
constexpr ApiAnswer kNotFound{404, "There is no such model or version.", "Error"};
constexpr ApiAnswer kDisabled{405, "The server runs without enable_model_api.", "Error"};
constexpr ApiAnswer kTimeout{408, "The deadline passed.", "Error"};
constexpr ApiAnswer kTooLarge{413, "The body is larger than max_request_size.", "Error"};
constexpr ApiAnswer kInternal{500, "The server failed.", "Error"};
constexpr ApiAnswer kOverloaded{503, "No worker, or the queue is full.", "Error"};
constexpr ApiAnswer kStatus{200, "Done.", "Status"};
constexpr ApiAnswer kAccepted{202, "Being done.", "Status"};
constexpr ApiAnswer kV2BadRequest{400, "The request is wrong, or there is no such model.", "InferenceError"};
constexpr ApiAnswer kV2Disabled{405, "The server runs without enable_model_api.", "InferenceError"};
constexpr ApiAnswer kV2Timeout{408, "The deadline passed.", "InferenceError"};
constexpr ApiAnswer kV2Internal{500, "The server failed.", "InferenceError"};
constexpr ApiAnswer kV2Overloaded{503, "No worker, or the queue is full.", "InferenceError"};

void add_prediction(Rows& rows, std::string_view method, std::string_view path, std::string_view id,
                    std::string_view summary) {
  rows.push_back(
      {method,
       path,
       id,
       summary,
       {},
       ApiBody::Image,
       {{200, "The answer.", "Prediction"}, kBadRequest, kNotFound, kTimeout, kTooLarge, kInternal, kOverloaded}});
}

void add_torchserve_inference(Rows& rows) {
  const ApiAnswer descriptor{200, "An OpenAPI 3.0.1 document.", ""};
  rows.push_back({"options", "/", "apiDescription", "This description.", {}, ApiBody::None, {descriptor}});
  rows.push_back(
      {"get", "/api-description", "getApiDescription", "This description.", {}, ApiBody::None, {descriptor}});
  rows.push_back({"get",
                  "/ping",
                  "ping",
                  "Whether every default version is ready to answer.",
                  {},
                  ApiBody::None,
                  {{200, "Healthy.", "Status"}, {500, "Unhealthy.", "Status"}}});
  rows.push_back({"options",
                  "/predictions/{model}",
                  "describePredictions",
                  "The description of one model's routes.",
                  {},
                  ApiBody::None,
                  {descriptor, kNotFound}});
  rows.push_back({"options",
                  "/predictions/{model}/{version}",
                  "describeVersionPredictions",
                  "The description of one version's routes.",
                  {},
                  ApiBody::None,
                  {descriptor, kNotFound}});
  add_prediction(rows, "post", "/predictions/{model}", "predictions", "Classifies a picture by the default version.");
  add_prediction(rows, "put", "/predictions/{model}", "putPredictions", "The same, as `curl -T` sends it.");
  add_prediction(rows, "post", "/predictions/{model}/{version}", "versionPredictions",
                 "Classifies a picture by one version.");
  add_prediction(rows, "put", "/predictions/{model}/{version}", "putVersionPredictions",
                 "The same, as `curl -T` sends it.");
  const ApiAnswer unimplemented{501, "There is no explanation method.", "Error"};
  rows.push_back(
      {"post", "/explanations/{model}", "explanations", "Explains a prediction.", {}, ApiBody::Image, {unimplemented}});
  rows.push_back({"post",
                  "/explanations/{model}/{version}",
                  "versionExplanations",
                  "Explains a prediction of one version.",
                  {},
                  ApiBody::Image,
                  {unimplemented}});
  add_prediction(rows, "post", "/invocations", "invocations", "Classifies by the only model (SageMaker's form).");
  add_prediction(rows, "post", "/models/{model}/invoke", "invoke", "Classifies a picture (SageMaker's form).");
  add_prediction(rows, "post", "/{model}/predict", "predict", "Classifies a picture (an older form).");
  add_prediction(rows, "post", "/{model}/{version}/predict", "versionPredict",
                 "Classifies a picture by one version (an older form).");
}

void add_kserve_v1(Rows& rows) {
  rows.push_back({"get",
                  "/v1/models",
                  "kserveModels",
                  "Names of the models.",
                  {},
                  ApiBody::None,
                  {{200, "The names.", "KServeModels"}}});
  rows.push_back({"get",
                  "/v1/models/{model}",
                  "kserveModel",
                  "Whether a model is ready.",
                  {},
                  ApiBody::None,
                  {{200, "The model.", "KServeModel"}, kNotFound, {503, "The model has no worker.", "KServeModel"}}});
  rows.push_back(
      {"post",
       "/v1/models/{model}:predict",
       "kservePredict",
       "Classifies pictures. One that fails has an error in its place; when all fail, the first error is the answer.",
       {},
       ApiBody::KServe,
       {{200, "The answers.", "Predictions"}, kBadRequest, kNotFound, kTimeout, kTooLarge, kInternal, kOverloaded}});
}

void add_model_row(Rows& rows, std::string_view method, std::string_view path, std::string_view id,
                   std::string_view summary, std::string_view schema) {
  rows.push_back(
      {method, path, id, summary, {}, ApiBody::None, {{200, "The answer.", schema}, kV2BadRequest, kV2Internal}});
}

void add_infer(Rows& rows, std::string_view path, std::string_view id, std::string_view summary) {
  rows.push_back(
      {"post",
       path,
       id,
       summary,
       {},
       ApiBody::Tensors,
       {{200, "The output tensors.", "InferenceResponse"}, kV2BadRequest, kV2Timeout, kV2Internal, kV2Overloaded}});
}

void add_open_inference(Rows& rows) {
  rows.push_back({"get",
                  "/v2",
                  "serverMetadata",
                  "Name, version and extensions of the server.",
                  {},
                  ApiBody::None,
                  {{200, "The server.", "Server"}}});
  rows.push_back({"get",
                  "/v2/health/live",
                  "serverLive",
                  "Whether the process answers.",
                  {},
                  ApiBody::None,
                  {{200, "It does.", "Live"}}});
  rows.push_back({"get",
                  "/v2/health/ready",
                  "serverReady",
                  "Whether every default version is ready to answer.",
                  {},
                  ApiBody::None,
                  {{200, "It is.", "Ready"}, {503, "Not yet, or no more.", "Ready"}}});
  add_model_row(rows, "get", "/v2/models/{model}", "modelMetadata", "Inputs and outputs of a model.", "ModelMetadata");
  add_model_row(rows, "get", "/v2/models/{model}/versions/{version}", "versionMetadata",
                "Inputs and outputs of one version.", "ModelMetadata");
  const ApiAnswer not_ready{503, "It has no worker.", "ModelReady"};
  rows.push_back({"get",
                  "/v2/models/{model}/ready",
                  "modelReady",
                  "Whether a model is ready to answer.",
                  {},
                  ApiBody::None,
                  {{200, "It is.", "ModelReady"}, kV2BadRequest, not_ready}});
  rows.push_back({"get",
                  "/v2/models/{model}/versions/{version}/ready",
                  "versionReady",
                  "Whether a version is ready to answer.",
                  {},
                  ApiBody::None,
                  {{200, "It is.", "ModelReady"}, kV2BadRequest, not_ready}});
  add_infer(rows, "/v2/models/{model}/infer", "infer", "Classifies by the default version.");
  add_infer(rows, "/v2/models/{model}/versions/{version}/infer", "versionInfer", "Classifies by one version.");
  add_model_row(rows, "get", "/v2/models/stats", "allStatistics", "What every version has done.", "ModelStatistics");
  add_model_row(rows, "get", "/v2/models/{model}/stats", "modelStatistics", "What the versions of a model have done.",
                "ModelStatistics");
  add_model_row(rows, "get", "/v2/models/{model}/versions/{version}/stats", "versionStatistics",
                "What one version has done.", "ModelStatistics");
  add_model_row(rows, "post", "/v2/repository/index", "repositoryIndex",
                "The registered versions, and archives of the model store.", "RepositoryIndex");
  rows.push_back({"post",
                  "/v2/repository/models/{model}/load",
                  "repositoryLoad",
                  "Registers the archive {model}.mar of the model store, or loads it again.",
                  {},
                  ApiBody::None,
                  {{200, "Done.", ""}, kV2BadRequest, kV2Disabled, kV2Internal}});
  rows.push_back({"post",
                  "/v2/repository/models/{model}/unload",
                  "repositoryUnload",
                  "Unregisters every version of a model.",
                  {},
                  ApiBody::None,
                  {{200, "Done.", ""}, kV2BadRequest, kV2Disabled, kV2Internal}});
}

void add_describing_and_scaling(Rows& rows) {
  const ApiAnswer described{200, "One entry a version.", "ModelDescriptions"};
  const auto describe = [&](std::string_view path, std::string_view id, std::string_view summary) {
    rows.push_back({"get", path, id, summary, {}, ApiBody::None, {described, kNotFound}});
  };
  describe("/models/{model}", "describeModel", "Describes the default version of a model.");
  describe("/models/{model}/{version}", "describeVersion", "Describes one version, or with `all` every version.");
  const auto scale = [&](std::string_view path, std::string_view id, std::string_view summary) {
    rows.push_back({"put",
                    path,
                    id,
                    summary,
                    {"min_worker", "max_worker", "synchronous"},
                    ApiBody::None,
                    {kStatus, kAccepted, kBadRequest, kNotFound, kInternal}});
  };
  scale("/models/{model}", "scaleModel", "Sets the number of workers of the default version.");
  scale("/models/{model}/{version}", "scaleVersion", "Sets the number of workers of one version.");
}

void add_registering(Rows& rows) {
  rows.push_back({"post",
                  "/models",
                  "registerModel",
                  "Registers an archive.",
                  {"url", "model_name", "handler", "runtime", "batch_size", "max_batch_delay", "initial_workers",
                   "synchronous", "response_timeout", "startup_timeout"},
                  ApiBody::Registering,
                  {kStatus,
                   kAccepted,
                   kBadRequest,
                   kNotFound,
                   kDisabled,
                   {409, "The version is registered already.", "Error"},
                   kInternal,
                   {507, "Not enough memory.", "Error"}}});
  const ApiAnswer is_default{403, "It is the default version and there are others.", "Error"};
  const auto unregister = [&](std::string_view path, std::string_view id, std::string_view summary) {
    rows.push_back(
        {"delete", path, id, summary, {}, ApiBody::None, {kStatus, is_default, kNotFound, kDisabled, kTimeout}});
  };
  unregister("/models/{model}", "unregisterModel", "Unregisters the default version of a model.");
  unregister("/models/{model}/{version}", "unregisterVersion", "Unregisters one version.");
}

}  // namespace

Json inference_api_description() {
  Rows rows;
  add_torchserve_inference(rows);
  add_kserve_v1(rows);
  add_open_inference(rows);
  return make_api_document("animalctl inference API",
                           "TorchServe's inference API, KServe V1 and the Open Inference Protocol V2.", rows);
}

Json management_api_description() {
  Rows rows;
  const ApiAnswer descriptor{200, "An OpenAPI 3.0.1 document.", ""};
  rows.push_back({"options", "/", "apiDescription", "This description.", {}, ApiBody::None, {descriptor}});
  rows.push_back(
      {"get", "/api-description", "getApiDescription", "This description.", {}, ApiBody::None, {descriptor}});
  rows.push_back({"get",
                  "/models",
                  "listModels",
                  "The models, sorted by name.",
                  {"limit", "next_page_token"},
                  ApiBody::None,
                  {{200, "A page of them.", "ModelList"}, kBadRequest}});
  add_registering(rows);
  add_describing_and_scaling(rows);
  rows.push_back({"put",
                  "/models/{model}/{version}/set-default",
                  "setDefault",
                  "Makes a version the default one.",
                  {},
                  ApiBody::None,
                  {kStatus, kNotFound}});
  rows.push_back({"get",
                  "/token",
                  "token",
                  "Makes a new key.",
                  {"type"},
                  ApiBody::None,
                  {{200, "The key and when it ends.", ""}, kBadRequest}});
  return make_api_document("animalctl management API", "TorchServe's management API.", rows);
}

Json metrics_api_description() {
  Rows rows;
  const ApiAnswer descriptor{200, "An OpenAPI 3.0.1 document.", ""};
  rows.push_back({"options", "/", "apiDescription", "This description.", {}, ApiBody::None, {descriptor}});
  rows.push_back(
      {"get", "/api-description", "getApiDescription", "This description.", {}, ApiBody::None, {descriptor}});
  rows.push_back({"get",
                  "/metrics",
                  "metrics",
                  "Metrics in Prometheus' text format 0.0.4.",
                  {"name[]"},
                  ApiBody::None,
                  {{200, "The metrics.", ""}}});
  return make_api_document("animalctl metrics API", "Metrics for Prometheus.", rows);
}

Json model_api_description(const VersionFacts& version) {
  // Rows hold views: the paths live as long as they do.
  const std::string classic = fmt::format("/predictions/{}/{}", version.model, version.version);
  const std::string kserve = fmt::format("/v1/models/{}:predict", version.model);
  const std::string infer = fmt::format("/v2/models/{}/versions/{}/infer", version.model, version.version);
  const std::string summary = fmt::format("Classifies a picture by {}.", version.model);
  Rows rows;
  add_prediction(rows, "post", classic, "predictions", summary);
  add_prediction(rows, "put", classic, "putPredictions", summary);
  rows.push_back({"post",
                  kserve,
                  "kservePredict",
                  summary,
                  {},
                  ApiBody::KServe,
                  {{200, "The answers.", "Predictions"}, kBadRequest, kTimeout, kTooLarge, kInternal, kOverloaded}});
  add_infer(rows, infer, "infer", summary);
  std::string classes;
  for (const std::string& name : version.names) classes += (classes.empty() ? "" : ", ") + name;
  return make_api_document(fmt::format("RESTful API for: {}", version.model),
                           classes.empty() ? "" : fmt::format("Classes: {}.", classes), rows);
}

}  // namespace animalctl::serve
