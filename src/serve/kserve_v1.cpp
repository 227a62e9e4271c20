#include "serve/kserve_v1.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "animalctl/base/file.h"
#include "animalctl/base/json.h"
#include "animalctl/http/base64.h"
#include "serve/answer.h"
#include "serve/model_answer.h"
#include "serve/model_limits.h"

namespace animalctl::serve {
namespace {

using Json = nlohmann::ordered_json;

// The keys that clients put the picture under.
constexpr std::array kPictureKeys = {"b64", "image_bytes", "image", "data", "body"};

// The base64 text of an instance; null when it has none.
const std::string* base64_of(const nlohmann::json& instance) {
  if (instance.is_string()) return &instance.get_ref<const std::string&>();
  if (!instance.is_object()) return nullptr;
  for (const char* key : kPictureKeys) {
    const auto found = instance.find(key);
    if (found == instance.end()) continue;
    if (found->is_string()) return &found->get_ref<const std::string&>();
    const auto inner = found->is_object() ? found->find("b64") : instance.end();
    if (inner != found->end() && found->is_object() && inner->is_string()) return &inner->get_ref<const std::string&>();
    return nullptr;
  }
  return nullptr;
}

Result<std::string> picture_of(const nlohmann::json& instance) {
  const std::string* text = base64_of(instance);
  if (text == nullptr) {
    return Error(ErrorCode::InvalidArgument, "an instance is a picture in base64: {\"b64\": \"…\"}");
  }
  try {
    return http::base64_decode(*text);
  } catch (const Error& error) {
    return error;
  }
}

std::vector<Result<std::string>> read_instances(const std::string& body) {
  nlohmann::json json;
  try {
    json = parse_json(body, "The body");
  } catch (const Error& error) {
    throw bad_request(error.message());
  }
  if (!json.is_object() || !json.contains("instances")) throw bad_request("The body has no \"instances\".");
  const nlohmann::json& instances = json["instances"];
  if (!instances.is_array() || instances.empty() || instances.size() > kMaxPicturesOfRequest) {
    throw bad_request(fmt::format("\"instances\" is a list of 1 to {} pictures.", kMaxPicturesOfRequest));
  }
  std::vector<Result<std::string>> pictures;
  for (const nlohmann::json& instance : instances) pictures.push_back(picture_of(instance));
  return pictures;
}

// An outcome an instance: those that are no picture keep their error, the others are predicted together.
std::vector<Result<Prediction>> predict_all(const InferenceService& service, ModelVersion& version,
                                            const std::vector<Result<std::string>>& pictures,
                                            const http::Request& request) {
  std::vector<std::span<const std::byte>> readable;
  for (const Result<std::string>& picture : pictures) {
    if (picture) readable.push_back(as_byte_span(picture.value()));
  }
  std::vector<Result<Prediction>> predicted;
  if (!readable.empty()) predicted = service.predict_many(version, readable, request);
  std::vector<Result<Prediction>> results;
  results.reserve(pictures.size());
  std::size_t next = 0;
  for (const Result<std::string>& picture : pictures) {
    results.push_back(picture ? std::move(predicted[next++]) : Result<Prediction>(picture.error()));
  }
  return results;
}

http::Response predict(const InferenceService& service, const http::Request& request) {
  const std::shared_ptr<ModelVersion> version = service.models().find(request.parameter("model"));
  const std::vector<Result<std::string>> pictures = read_instances(request.body);
  const std::vector<Result<Prediction>> results = predict_all(service, *version, pictures, request);
  const bool all_failed = std::none_of(results.begin(), results.end(), [](const auto& result) { return result.ok(); });
  if (all_failed) throw results.front().error();
  Json predictions = Json::array();
  for (const Result<Prediction>& result : results) {
    predictions.push_back(result ? answer_of(*version, result.value())
                                 : Json::parse(failure_answer(result.error()).body));
  }
  return json_answer(200, {{"predictions", std::move(predictions)}});
}

http::Response v1_model_ready(const InferenceService& service, const http::Request& request) {
  const std::shared_ptr<ModelVersion> version = service.models().find(request.parameter("model"));
  const bool ready = !version->workers().empty();
  return json_answer(ready ? 200 : 503, {{"name", version->facts().model}, {"ready", ready}});
}

}  // namespace

void add_kserve_v1_routes(http::Router& router, const InferenceService& service) {
  router.add("GET", "/v1/models", [&service](const http::Request&) {
    return json_answer(200, {{"models", service.models().names()}});
  });
  router.add("GET", "/v1/models/{model}",
             [&service](const http::Request& request) { return v1_model_ready(service, request); });
  router.add("POST", "/v1/models/{model}:predict",
             [&service](const http::Request& request) { return predict(service, request); });
}

}  // namespace animalctl::serve
