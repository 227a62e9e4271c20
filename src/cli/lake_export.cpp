#include "cli/lake_export.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/text.h"

namespace animalctl::cli {
namespace {

constexpr std::string_view kHeading =
    "request_id,role,at_ms,image,model,version,label,score,confidence,image_bytes,width,height,brightness,contrast,"
    "saturation,sharpness,total_ms,frame\n";

std::string field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string field(const std::optional<double>& value) {
  return value ? python_float(*value) : "";
}

std::string csv_line(const lake::PredictionRow& row) {
  return fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", field(row.request_id), field(row.role),
                     row.at_ms, row.image, field(row.model), row.version, field(row.label), field(row.score),
                     python_float(row.confidence), row.image_bytes, row.width, row.height,
                     field(row.measures.brightness), field(row.measures.contrast), field(row.measures.saturation),
                     field(row.measures.sharpness), python_float(row.total_ms), field(row.frame));
}

}  // namespace

std::string prediction_json(const lake::PredictionRow& row) {
  nlohmann::ordered_json json;
  json["request_id"] = row.request_id;
  json["role"] = row.role;
  json["at_ms"] = row.at_ms;
  json["image"] = row.image;
  json["model"] = row.model;
  json["version"] = row.version;
  json["label"] = row.label;
  const auto put = [&](const char* key, const std::optional<double>& value) {
    if (value) json[key] = *value;
  };
  put("score", row.score);
  json["confidence"] = row.confidence;
  json["image_bytes"] = row.image_bytes;
  json["width"] = row.width;
  json["height"] = row.height;
  put("brightness", row.measures.brightness);
  put("contrast", row.measures.contrast);
  put("saturation", row.measures.saturation);
  put("sharpness", row.measures.sharpness);
  json["total_ms"] = row.total_ms;
  if (!row.frame.empty()) json["frame"] = row.frame;
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::size_t export_predictions(lake::Database& database, const lake::PredictionFilter& filter,
                               const std::filesystem::path& file) {
  const std::string extension = to_lower(file.extension().string());
  if (extension != ".csv" && extension != ".jsonl") {
    throw Error(
        ErrorCode::InvalidArgument,
        fmt::format("predictions cannot be written as \"{}\"; give a file that ends in .csv or .jsonl", file.string()));
  }
  const bool csv = extension == ".csv";
  AtomicFile output(file);
  if (csv) output.write(kHeading);
  std::size_t rows = 0;
  lake::Predictions(database).for_each(filter, [&](const lake::PredictionRow& row) {
    output.write(csv ? csv_line(row) : prediction_json(row) + '\n');
    ++rows;
  });
  output.commit();
  return rows;
}

}  // namespace animalctl::cli
