#include "serve/v2_answer.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "animalctl/base/log.h"
#include "serve/inference_service.h"
#include "serve/json_number.h"

namespace animalctl::serve {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kProbabilities = "probabilities";
constexpr std::string_view kLabel = "label";

std::size_t class_count(const ModelVersion& version) {
  return std::max<std::size_t>(2, version.model().output_size());
}

std::size_t winner(const ModelVersion& version, const std::vector<float>& probabilities) {
  if (probabilities.size() == 2) return probabilities[1] >= version.facts().threshold ? 1 : 0;
  return static_cast<std::size_t>(std::max_element(probabilities.begin(), probabilities.end()) - probabilities.begin());
}

// The k most probable classes as Triton writes them: "0.900000:1:dog".
std::vector<std::string> classified(const ModelVersion& version, const std::vector<float>& probabilities,
                                    std::size_t k) {
  std::vector<std::size_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t left, std::size_t right) { return probabilities[left] > probabilities[right]; });
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < k; ++i) {
    texts.push_back(fmt::format("{:.6f}:{}:{}", probabilities[order[i]], order[i], v2_class_name(version, order[i])));
  }
  return texts;
}

// One output tensor: floats or strings.
struct OutputTensor {
  std::vector<std::size_t> shape;
  bool is_text = false;
  std::vector<float> floats;
  std::vector<std::string> texts;
};

void append_bytes(std::string& tail, const void* data, std::size_t size) {
  tail.append(static_cast<const char*>(data), size);
}

std::string binary_of(const OutputTensor& tensor) {
  std::string data;
  if (!tensor.is_text) append_bytes(data, tensor.floats.data(), tensor.floats.size() * sizeof(float));
  for (const std::string& text : tensor.texts) {
    const auto length = static_cast<std::uint32_t>(text.size());
    append_bytes(data, &length, sizeof(length));
    data += text;
  }
  return data;
}

Json data_of(const OutputTensor& tensor) {
  if (tensor.is_text) return tensor.texts;
  Json data = Json::array();
  for (const float value : tensor.floats) data.push_back(shortest_double(value));
  return data;
}

OutputTensor make_output(const ModelVersion& version, const V2WantedOutput& wanted,
                         std::span<const Prediction> predictions) {
  OutputTensor tensor;
  tensor.shape = {predictions.size()};
  tensor.is_text = wanted.name == kLabel || wanted.classification > 0;
  const std::size_t shown = std::min(wanted.classification, class_count(version));
  for (const Prediction& prediction : predictions) {
    const std::vector<float> probabilities = v2_probabilities(prediction);
    if (wanted.name == kLabel) {
      tensor.texts.push_back(v2_class_name(version, winner(version, probabilities)));
    } else if (wanted.classification > 0) {
      for (std::string& text : classified(version, probabilities, shown)) tensor.texts.push_back(std::move(text));
    } else {
      tensor.floats.insert(tensor.floats.end(), probabilities.begin(), probabilities.end());
    }
  }
  if (wanted.name == kProbabilities) tensor.shape.push_back(tensor.is_text ? shown : class_count(version));
  return tensor;
}

std::vector<V2WantedOutput> wanted_outputs(const V2Request& request) {
  if (request.outputs.empty()) {
    return {{std::string(kProbabilities), request.binary_output, 0}, {std::string(kLabel), request.binary_output, 0}};
  }
  std::set<std::string_view> seen;
  for (const V2WantedOutput& output : request.outputs) {
    if (output.name != kProbabilities && output.name != kLabel) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("there is no output \"{}\"; the model gives \"{}\" and \"{}\"", output.name,
                              kProbabilities, kLabel));
    }
    if (output.name == kLabel && output.classification > 0) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("\"classification\" is for the output \"{}\", not \"{}\"", kProbabilities, kLabel));
    }
    if (!seen.insert(output.name).second) {
      throw Error(ErrorCode::InvalidArgument, fmt::format("the output \"{}\" is asked for twice", output.name));
    }
  }
  return request.outputs;
}

}  // namespace

http::Response v2_answer(int status, const Json& json) {
  http::Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  response.close = status >= 400;
  return response;
}

http::Response v2_error(int status, std::string_view message) {
  http::Response response = v2_answer(status, {{"error", message}});
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

http::Response v2_failure(const std::exception& failure) {
  if (dynamic_cast<const ModelError*>(&failure) != nullptr) return v2_error(400, failure.what());
  if (dynamic_cast<const std::bad_alloc*>(&failure) != nullptr) {
    return v2_error(507, "there is not enough memory for the request");
  }
  const auto* error = dynamic_cast<const Error*>(&failure);
  const Refusal refusal = error != nullptr ? refusal_of(*error) : Refusal{500, "internal"};
  if (refusal.status == 500) {
    log::error("a request failed", {{"reason", failure.what()}});
    return v2_error(500, "the request could not be answered; the server's log says why");
  }
  // A client that has gone reads nothing; whoever is still there is told that the version is ending.
  return v2_error(refusal.status == 499 ? 503 : refusal.status, error->message());
}

http::Handler v2_guarded(http::Handler handler) {
  return [handler = std::move(handler)](const http::Request& request) {
    try {
      return handler(request);
    } catch (const std::exception& failure) {
      return v2_failure(failure);
    }
  };
}

std::vector<float> v2_probabilities(const Prediction& prediction) {
  if (prediction.scores.size() != 1) return prediction.scores;
  return {1 - prediction.scores.front(), prediction.scores.front()};
}

std::string v2_class_name(const ModelVersion& version, std::size_t index) {
  const std::vector<std::string>& names = version.facts().names;
  if (index < names.size()) return names[index];
  const std::vector<std::string>& classes = version.model().info().classes;
  return index < classes.size() ? classes[index] : std::to_string(index);
}

http::Response v2_inference_answer(const ModelVersion& version, const V2Request& request,
                                   std::span<const Prediction> predictions) {
  Json header;
  header["model_name"] = version.facts().model;
  header["model_version"] = version.facts().version;
  if (request.id) header["id"] = *request.id;
  header["outputs"] = Json::array();
  std::string tail;
  bool binary = false;
  for (const V2WantedOutput& wanted : wanted_outputs(request)) {
    const OutputTensor tensor = make_output(version, wanted, predictions);
    Json output;
    output["name"] = wanted.name;
    output["datatype"] = tensor.is_text ? "BYTES" : "FP32";
    output["shape"] = tensor.shape;
    if (wanted.binary) {
      const std::string data = binary_of(tensor);
      output["parameters"]["binary_data_size"] = data.size();
      tail += data;
      binary = true;
    } else {
      output["data"] = data_of(tensor);
    }
    header["outputs"].push_back(std::move(output));
  }
  http::Response response = v2_answer(200, header);
  if (binary) {
    response.headers.emplace_back("Inference-Header-Content-Length", std::to_string(response.body.size()));
    response.content_type = "application/octet-stream";
    response.body += tail;
  }
  return response;
}

Json v2_output_metadata(const ModelVersion& version) {
  Json outputs = Json::array();
  outputs.push_back({{"name", kProbabilities}, {"datatype", "FP32"}, {"shape", {-1, class_count(version)}}});
  outputs.push_back({{"name", kLabel}, {"datatype", "BYTES"}, {"shape", Json::array({-1})}});
  return outputs;
}

}  // namespace animalctl::serve
