#include "serve/v2_infer.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "serve/model_limits.h"
#include "serve/v2_answer.h"
#include "serve/v2_tensor.h"

namespace animalctl::serve {
namespace {

using Json = nlohmann::ordered_json;
using Shape = std::vector<std::size_t>;

constexpr std::string_view kPictures = "image";
constexpr std::string_view kPixels = "pixels";
constexpr std::string_view kPrepared = "input";
constexpr std::size_t kMaxSide = 65'535;  // pixels of one side: JPEG's own limit

std::string shown(const Shape& shape) {
  std::string text;
  for (const std::size_t dimension : shape) text += (text.empty() ? "" : ", ") + std::to_string(dimension);
  return "[" + text + "]";
}

[[noreturn]] void refuse_shape(const V2Input& input, std::string_view wanted) {
  refuse_v2_input(input.name, fmt::format("the shape is {}; {} is needed", shown(input.shape), wanted));
}

void check_picture_count(const V2Input& input) {
  if (input.shape.front() > kMaxPicturesOfRequest) {
    refuse_v2_input(input.name,
                    fmt::format("{} pictures; {} are accepted at once", input.shape.front(), kMaxPicturesOfRequest));
  }
}

std::vector<Result<Prediction>> predict_pictures(const InferenceService& service, ModelVersion& version,
                                                 const V2Input& input, const http::Request& request) {
  const bool is_list = input.shape.size() == 1 || (input.shape.size() == 2 && input.shape[1] == 1);
  if (!is_list) refuse_shape(input, "[pictures] or [pictures, 1]");
  return service.predict_many(version, input.elements, request);
}

PixelPictures pixel_pictures(const V2Input& input) {
  const Shape& shape = input.shape;
  if (shape.size() != 4 || (shape[3] != 1 && shape[3] != 3) || shape[1] > kMaxSide || shape[2] > kMaxSide) {
    refuse_shape(input, "[pictures, height, width, 3 or 1]");
  }
  return {shape[0], static_cast<int>(shape[1]), static_cast<int>(shape[2]), static_cast<int>(shape[3]), input.bytes};
}

std::vector<std::vector<float>> take_prepared(const ServingModel& model, const V2Input& input) {
  const Preprocessing& wanted = model.preprocessing();
  const Shape one = {static_cast<std::size_t>(wanted.channels), static_cast<std::size_t>(wanted.height),
                     static_cast<std::size_t>(wanted.width)};
  if (input.shape.size() != 4 || !std::equal(one.begin(), one.end(), input.shape.begin() + 1)) {
    refuse_shape(input, fmt::format("[pictures, {}, {}, {}]", one[0], one[1], one[2]));
  }
  std::vector<std::vector<float>> inputs;
  for (std::size_t i = 0; i < input.shape[0]; ++i) {
    const auto begin = input.floats.begin() + static_cast<std::ptrdiff_t>(i * model.input_size());
    inputs.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(model.input_size()));
  }
  return inputs;
}

std::vector<Result<Prediction>> predict_input(const InferenceService& service, ModelVersion& version,
                                              const V2Input& input, const http::Request& request) {
  check_picture_count(input);
  // Triton's raw request names no input: the pictures.
  if ((input.name == kPictures || input.name.empty()) && input.datatype == V2Datatype::Bytes) {
    return predict_pictures(service, version, input, request);
  }
  if (input.name == kPixels && input.datatype == V2Datatype::Uint8) {
    return service.predict_pixels_many(version, pixel_pictures(input), request);
  }
  if (input.name == kPrepared && input.datatype == V2Datatype::Fp32) {
    return service.predict_prepared_many(version, take_prepared(version.model(), input), request);
  }
  refuse_v2_input(input.name, fmt::format("there is no such input of datatype {}; the model takes \"{}\" BYTES, \"{}\" "
                                          "UINT8 or \"{}\" FP32",
                                          to_string(input.datatype), kPictures, kPixels, kPrepared));
}

std::vector<Prediction> values_of(std::vector<Result<Prediction>> results) {
  std::vector<Prediction> predictions;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!results[i]) {
      const Error& error = results[i].error();
      throw results.size() == 1 ? error : Error(error.code(), fmt::format("picture {}: {}", i, error.message()));
    }
    predictions.push_back(std::move(results[i]).value());
  }
  return predictions;
}

}  // namespace

http::Response v2_infer(const InferenceService& service, const http::Request& request) {
  const std::shared_ptr<ModelVersion> version =
      service.models().find(request.parameter("model"), request.parameter("version"));
  std::optional<std::size_t> json_size;
  if (const auto header = request.header("Inference-Header-Content-Length")) json_size = parse_v2_json_size(*header);
  const V2Request parsed = parse_v2_request(request.body, json_size);
  if (parsed.inputs.size() != 1) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("{} inputs were given; the model takes one of \"{}\", \"{}\" and \"{}\"",
                            parsed.inputs.size(), kPictures, kPixels, kPrepared));
  }
  // Before the work: what is wrong with the outputs is known without it.
  v2_inference_answer(*version, parsed, {});
  return v2_inference_answer(*version, parsed,
                             values_of(predict_input(service, *version, parsed.inputs.front(), request)));
}

Json v2_input_metadata(const ServingModel& model) {
  const Preprocessing& prepared = model.preprocessing();
  Json inputs = Json::array();
  inputs.push_back({{"name", kPictures}, {"datatype", "BYTES"}, {"shape", Json::array({-1})}});
  inputs.push_back({{"name", kPixels}, {"datatype", "UINT8"}, {"shape", {-1, -1, -1, 3}}});
  inputs.push_back(
      {{"name", kPrepared}, {"datatype", "FP32"}, {"shape", {-1, prepared.channels, prepared.height, prepared.width}}});
  return inputs;
}

}  // namespace animalctl::serve
