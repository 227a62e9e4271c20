#include "publish/mlflow_fields.h"

#include <algorithm>

#include <fmt/core.h>

namespace animalctl::publish {
namespace {

using Json = nlohmann::ordered_json;

// What every backend of MLflow is guaranteed to take (REST API, "Log Param", "Set Tag", "Log Batch").
constexpr std::size_t kMaxKey = 250;
constexpr std::size_t kMaxParameter = 6000;
constexpr std::size_t kMaxTag = 5000;
constexpr std::size_t kParametersARequest = 100;
constexpr std::size_t kMetricsARequest = 1000;

bool is_unreserved(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
         (character >= '0' && character <= '9') || character == '-' || character == '.' || character == '_' ||
         character == '~';
}

// Names may hold letters, digits, '_', '-', '.', ' ' and '/'.
std::string mlflow_key(std::string_view name) {
  std::string key(name.substr(0, kMaxKey));
  for (char& character : key) {
    const bool accepted = (is_unreserved(character) && character != '~') || character == ' ' || character == '/';
    if (!accepted) character = '_';
  }
  return key;
}

// At most so many bytes, not ending within a character.
std::string cut_text(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return std::string(text);
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U) --bytes;
  return std::string(text.substr(0, bytes));
}

void add_metric(Json& metrics, const std::string& name, double value, std::int64_t at_ms) {
  metrics.push_back({{"key", mlflow_key(name)}, {"value", value}, {"timestamp", at_ms}, {"step", 0}});
}

void split_list(const Json& list, const char* key, std::size_t limit, std::vector<Json>& batches) {
  for (std::size_t begin = 0; begin < list.size(); begin += limit) {
    Json part = Json::array();
    for (std::size_t i = begin; i < std::min(begin + limit, list.size()); ++i) part.push_back(list[i]);
    batches.push_back({{key, std::move(part)}});
  }
}

bool is_plain_path(std::string_view path) {
  const bool plain = std::all_of(path.begin(), path.end(),
                                 [](char character) { return is_unreserved(character) || character == '/'; });
  return plain && !path.empty() && path.find("..") == std::string_view::npos &&
         path.find("//") == std::string_view::npos;
}

}  // namespace

const nlohmann::json& mlflow_object(const nlohmann::json& object, const char* key) {
  static const nlohmann::json kNone = nlohmann::json::object();
  if (!object.is_object()) return kNone;
  const auto found = object.find(key);
  return found != object.end() && found->is_object() ? *found : kNone;
}

std::string mlflow_text(const nlohmann::json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  if (found == object.end()) return {};
  if (found->is_string()) return found->get<std::string>();
  return found->is_number_integer() ? found->dump() : std::string();
}

std::string mlflow_escape(std::string_view text) {
  std::string escaped;
  for (const char character : text) {
    if (is_unreserved(character)) {
      escaped += character;
    } else {
      escaped += fmt::format("%{:02X}", static_cast<unsigned char>(character));
    }
  }
  return escaped;
}

Json mlflow_tags(const registry::VersionRecord& record) {
  Json tags = Json::array();
  const auto add = [&](const std::string& key, const std::string& value) {
    if (!value.empty()) tags.push_back({{"key", mlflow_key(key)}, {"value", cut_text(value, kMaxTag)}});
  };
  add("mlflow.source.name", "animalctl");
  add("mlflow.source.type", "LOCAL");
  add("animalctl.model", record.model);
  add("animalctl.version", fmt::format("{}", record.version));
  add("animalctl.run", record.run);
  add("animalctl.architecture", record.architecture);
  add("animalctl.data_digest", record.data_digest);
  add("animalctl.split_digest", record.split_digest);
  add("animalctl.trigger", record.trigger);
  if (record.parent) add("animalctl.parent", fmt::format("{}", *record.parent));
  for (const registry::GateRecord& gate : record.gates) {
    add(fmt::format("animalctl.gate.{}", gate.name),
        gate.reason.empty() ? gate.verdict : fmt::format("{}: {}", gate.verdict, gate.reason));
  }
  for (const auto& [name, text] : record.software) add(fmt::format("animalctl.software.{}", name), text);
  return tags;
}

std::vector<Json> mlflow_batches(const registry::VersionRecord& record, std::int64_t at_ms) {
  Json parameters = Json::array();
  for (const auto& [name, text] : record.settings) {
    if (!text.empty()) parameters.push_back({{"key", mlflow_key(name)}, {"value", cut_text(text, kMaxParameter)}});
  }
  Json metrics = Json::array();
  for (const registry::MetricRecord& metric : record.metrics) {
    add_metric(metrics, metric.name, metric.value, at_ms);
    if (metric.low) add_metric(metrics, metric.name + "_low", *metric.low, at_ms);
    if (metric.high) add_metric(metrics, metric.name + "_high", *metric.high, at_ms);
  }
  std::vector<Json> batches;
  split_list(parameters, "params", kParametersARequest, batches);
  split_list(metrics, "metrics", kMetricsARequest, batches);
  return batches;
}

std::optional<std::string> mlflow_artifact_folder(std::string_view artifact_uri) {
  constexpr std::string_view kScheme = "mlflow-artifacts:";
  constexpr std::string_view kProxy = "/api/2.0/mlflow-artifacts/artifacts/";
  std::string_view path;
  if (artifact_uri.starts_with(kScheme)) {
    path = artifact_uri.substr(kScheme.size());
    if (path.starts_with("//")) {
      // An authority names the server that was asked already.
      const std::size_t slash = path.find('/', 2);
      path = slash == std::string_view::npos ? std::string_view() : path.substr(slash);
    }
  } else if (artifact_uri.starts_with("http://") || artifact_uri.starts_with("https://")) {
    const std::size_t place = artifact_uri.find(kProxy);
    if (place == std::string_view::npos) return std::nullopt;
    path = artifact_uri.substr(place + kProxy.size());
  }
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  return is_plain_path(path) ? std::optional(std::string(path)) : std::nullopt;
}

}  // namespace animalctl::publish
