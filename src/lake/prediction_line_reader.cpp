#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "animalctl/base/bfloat16_text.h"
#include "animalctl/base/digest.h"
#include "animalctl/base/error.h"
#include "animalctl/base/json.h"
#include "animalctl/base/time_text.h"
#include "animalctl/lake/prediction_files.h"

namespace animalctl::lake {
namespace {

using nlohmann::json;

[[noreturn]] void refuse(std::string_view origin, std::string_view what) {
  throw Error(ErrorCode::DataLoss, fmt::format("{}: {}", origin, what));
}

const json& field(const json& object, const char* key, std::string_view origin) {
  const auto found = object.find(key);
  if (found == object.end()) refuse(origin, fmt::format("the prediction has no \"{}\"", key));
  return *found;
}

std::string text_field(const json& object, const char* key, std::string_view origin) {
  const json& value = field(object, key, origin);
  if (!value.is_string()) refuse(origin, fmt::format("\"{}\" is no string", key));
  return value.get<std::string>();
}

std::int64_t integer_field(const json& object, const char* key, std::string_view origin) {
  const json& value = field(object, key, origin);
  if (!value.is_number_integer()) refuse(origin, fmt::format("\"{}\" is no whole number", key));
  const bool too_large =
      value.is_number_unsigned() &&
      value.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (too_large) refuse(origin, fmt::format("\"{}\" is too large", key));
  return value.get<std::int64_t>();
}

double probability(const json& value, const char* key, std::string_view origin) {
  if (!value.is_number()) refuse(origin, fmt::format("\"{}\" is no number", key));
  const double number = value.get<double>();
  if (!(number >= 0 && number <= 1)) refuse(origin, fmt::format("\"{}\" is {}, no probability", key, number));
  return number;
}

// With two classes a score, with more a list; the confidence is that of the class that was answered, the likelier one.
void read_scores(const json& object, PredictionRow& row, std::string_view origin) {
  if (const auto score = object.find("score"); score != object.end()) {
    row.score = probability(*score, "score", origin);
    row.confidence = std::max(*row.score, 1 - *row.score);
    return;
  }
  const json& scores = field(object, "scores", origin);
  if (!scores.is_array() || scores.empty()) refuse(origin, "\"scores\" is no list of numbers");
  for (const json& score : scores) row.confidence = std::max(row.confidence, probability(score, "scores", origin));
}

void read_measures(const json& object, ImageMeasures& measures) {
  const auto found = object.find("measures");
  if (found == object.end() || !found->is_object()) return;
  const auto read = [&](const char* key, std::optional<double>& into) {
    const auto value = found->find(key);
    if (value != found->end() && value->is_number() && std::isfinite(value->get<double>())) into = value->get<double>();
  };
  read("brightness", measures.brightness);
  read("contrast", measures.contrast);
  read("saturation", measures.saturation);
  read("sharpness", measures.sharpness);
}

void read_features(const json& object, std::vector<float>& features, std::string_view origin) {
  constexpr std::size_t kMostFeatures = 1024;
  const auto found = object.find("features");
  if (found == object.end()) return;
  const auto numbers = found->is_string() ? parse_bfloat16_text(found->get_ref<const std::string&>()) : std::nullopt;
  if (!numbers || numbers->size() > kMostFeatures) {
    refuse(origin,
           fmt::format("\"features\" is no text of up to {} numbers, four hexadecimal digits each", kMostFeatures));
  }
  features = *numbers;
}

}  // namespace

PredictionRow parse_prediction_line(std::string_view line, std::string_view origin) {
  const json object = parse_json(line, origin);
  if (!object.is_object()) refuse(origin, "a prediction is a JSON object");
  PredictionRow row;
  row.request_id = text_field(object, "request_id", origin);
  if (row.request_id.empty() || row.request_id.size() > 200) refuse(origin, "\"request_id\" has 1 to 200 bytes");
  row.role = text_field(object, "role", origin);
  if (row.role.empty() || row.role.size() > 16) refuse(origin, "\"role\" has 1 to 16 bytes");
  const std::string time = text_field(object, "time", origin);
  const auto at = parse_iso_time(time);
  if (!at) refuse(origin, fmt::format("\"time\" is \"{}\", not like 2026-11-25T13:15:05.123Z", time));
  row.at_ms = std::chrono::floor<std::chrono::milliseconds>(at->time_since_epoch()).count();
  row.image = text_field(object, "image", origin);
  if (!Digest::from_hex(row.image)) refuse(origin, "\"image\" is no SHA-256");
  row.model = text_field(object, "model", origin);
  row.version = integer_field(object, "version", origin);
  row.label = text_field(object, "label", origin);
  row.image_bytes = integer_field(object, "image_bytes", origin);
  row.width = integer_field(object, "width", origin);
  row.height = integer_field(object, "height", origin);
  read_scores(object, row, origin);
  read_measures(object, row.measures);
  read_features(object, row.features, origin);
  const json& latency = field(object, "latency_ms", origin);
  if (latency.is_object() && latency.contains("total") && latency["total"].is_number()) {
    row.total_ms = latency["total"].get<double>();
  }
  if (const auto frame = object.find("frame"); frame != object.end() && frame->is_string()) {
    row.frame = frame->get<std::string>();
  }
  return row;
}

}  // namespace animalctl::lake
