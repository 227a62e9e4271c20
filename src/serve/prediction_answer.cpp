#include "serve/prediction_answer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "animalctl/base/log.h"
#include "animalctl/base/text.h"
#include "serve/answer.h"
#include "serve/inference_service.h"

namespace animalctl::serve {
namespace {

constexpr std::size_t kMostScores = 5;

std::string class_name(const ModelVersion& version, std::size_t index) {
  const std::vector<std::string>& names = version.facts().names;
  if (index < names.size()) return to_upper(names[index]);
  const std::vector<std::string>& classes = version.model().info().classes;
  return index < classes.size() ? to_upper(classes[index]) : std::to_string(index);
}

std::size_t class_of(const ModelVersion& version, const std::vector<float>& scores) {
  // In float32, as infer does: a score of 0.7 reaches a threshold of 0.7.
  if (scores.size() == 1) return scores.front() >= static_cast<float>(version.facts().threshold) ? 1 : 0;
  return static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

nlohmann::ordered_json most_probable(const ModelVersion& version, const std::vector<float>& scores) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const std::size_t count = std::min(kMostScores, order.size());
  std::partial_sort(
      order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
      [&](std::size_t a, std::size_t b) { return scores[a] != scores[b] ? scores[a] > scores[b] : a < b; });
  nlohmann::ordered_json best = nlohmann::ordered_json::object();
  for (std::size_t i = 0; i < count; ++i) best[class_name(version, order[i])] = scores[order[i]];
  return best;
}

// Faults of the picture itself: ModelVersion::predict() gives these codes for nothing else.
bool is_the_pictures_fault(ErrorCode code) {
  return code == ErrorCode::DataLoss || code == ErrorCode::InvalidArgument || code == ErrorCode::Unimplemented;
}

}  // namespace

http::Response message_answer(int status, std::string_view message) {
  http::Response response = compact_json_answer(status, {{"message", message}});
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

http::Response compact_json_answer(int status, const nlohmann::ordered_json& json) {
  http::Response response;
  response.status = status;
  response.content_type = "application/json";
  response.headers.emplace_back("Cache-Control", "no-store");
  response.body = json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  return response;
}

std::string label_of(const ModelVersion& version, const std::vector<float>& scores) {
  return class_name(version, class_of(version, scores));
}

http::Response prediction_answer(const ModelVersion& version, const Prediction& prediction, int number) {
  const std::vector<float>& scores = prediction.scores;
  const std::size_t label = class_of(version, scores);
  nlohmann::ordered_json json;
  json["animal"] = class_name(version, label);
  json["score"] = scores.size() == 1 ? scores.front() : scores[label];
  json["version"] = number;
  if (scores.size() > 1) json["scores"] = most_probable(version, scores);
  return compact_json_answer(200, json);
}

http::Response prediction_failure(const std::exception& failure) {
  if (const auto* api = dynamic_cast<const ApiError*>(&failure)) return message_answer(api->status(), api->message());
  if (dynamic_cast<const std::bad_alloc*>(&failure) != nullptr) {
    return message_answer(503, "there is not enough memory for the request");
  }
  const auto* error = dynamic_cast<const Error*>(&failure);
  if (error != nullptr && is_the_pictures_fault(error->code())) return message_answer(422, error->message());
  const Refusal refusal = error != nullptr ? refusal_of(*error) : Refusal{};
  if (error == nullptr || refusal.status == 500) {
    log::error("a request of the prediction API failed", {{"reason", failure.what()}});
    return message_answer(500, "the request could not be answered; the server's log says why");
  }
  // A client that has gone reads nothing; whoever is still there is told that the server is ending.
  return message_answer(refusal.status == 499 ? 503 : refusal.status, error->message());
}

}  // namespace animalctl::serve
