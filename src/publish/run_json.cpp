#include "publish/run_json.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/core.h>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/json.h"
#include "animalctl/report/run_record.h"
#include "animalctl/stats/interval.h"

namespace animalctl::publish {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kMaxJsonBytes = std::uint64_t{64} << 20;

std::optional<double> number_member(const nlohmann::json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  if (!object.is_object() || found == object.end() || !found->is_number()) return std::nullopt;
  const double value = found->get<double>();
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

std::uint64_t count_member(const nlohmann::json& object, const char* key) {
  const auto value = number_member(object, key);
  return value && *value >= 0 && *value < 1e15 ? static_cast<std::uint64_t>(*value) : 0;
}

// A share with its Wilson interval; without one when it is not known of how many images it is.
registry::MetricRecord share_metric(std::string name, double share, std::uint64_t images) {
  registry::MetricRecord metric{std::move(name), share, std::nullopt, std::nullopt};
  if (images == 0 || share < 0 || share > 1) return metric;
  const auto right = static_cast<std::uint64_t>(std::llround(share * static_cast<double>(images)));
  const Interval interval = wilson_interval(std::min(right, images), images);
  metric.low = interval.low;
  metric.high = interval.high;
  return metric;
}

const ReportEpoch* epoch_of_weights(const std::vector<ReportEpoch>& epochs, bool latest) {
  if (epochs.empty()) return nullptr;
  const ReportEpoch* chosen = &epochs.back();
  for (const ReportEpoch& epoch : epochs) {
    if (!latest && epoch.best) chosen = &epoch;
  }
  return chosen;
}

nlohmann::json read_json_object(const fs::path& path) {
  nlohmann::json json = parse_json(read_text_file(path, kMaxJsonBytes), path.string());
  if (!json.is_object()) throw Error(ErrorCode::DataLoss, fmt::format("{} is no JSON object", path.string()));
  return json;
}

}  // namespace

const nlohmann::json& object_member(const nlohmann::json& object, const char* key) {
  static const nlohmann::json kNone = nlohmann::json::object();
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() && found->is_object() ? *found : kNone;
}

std::string text_member(const nlohmann::json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::vector<std::string> texts_member(const nlohmann::json& object, const char* key) {
  std::vector<std::string> texts;
  const auto found = object.is_object() ? object.find(key) : object.end();
  if (!object.is_object() || found == object.end() || !found->is_array()) return texts;
  for (const nlohmann::json& entry : *found) {
    if (entry.is_string()) texts.push_back(entry.get<std::string>());
  }
  return texts;
}

void read_run_json(const fs::path& path, bool latest, registry::VersionRecord& record) {
  const RunRecord run = read_run_record(path);
  const nlohmann::json json = read_json_object(path);
  record.run = text_member(json, "model");
  if (record.run.empty()) record.run = path.stem().string();
  record.classes = texts_member(json, "classes");
  record.settings = run.settings;
  record.software = run.versions;
  record.architecture = text_member(object_member(json, "settings"), "arch");
  record.data_digest = run.data_digest;
  const nlohmann::json& data = object_member(json, "data");
  record.train_images = count_member(data, "train_images");
  record.val_images = count_member(data, "val_images");
  const ReportEpoch* const epoch = epoch_of_weights(run.epochs, latest);
  if (epoch == nullptr) return;
  if (std::isfinite(epoch->val_accuracy)) {
    record.metrics.push_back(share_metric("val_accuracy", epoch->val_accuracy, record.val_images));
  }
  if (std::isfinite(epoch->val_loss)) record.metrics.push_back({"val_loss", epoch->val_loss, {}, {}});
  if (std::isfinite(epoch->train_loss)) record.metrics.push_back({"train_loss", epoch->train_loss, {}, {}});
}

void read_report_json(const fs::path& path, registry::VersionRecord& record) {
  const nlohmann::json json = read_json_object(path);
  const nlohmann::json& metrics = object_member(json, "metrics");
  const auto accuracy = number_member(metrics, "accuracy");
  if (!accuracy) {
    throw Error(ErrorCode::DataLoss,
                fmt::format("{} has no metrics.accuracy; give what `animalctl report MODEL CSV --json` or `validate "
                            "--json` printed",
                            path.string()));
  }
  record.metrics.push_back(share_metric("test_accuracy", *accuracy, count_member(metrics, "count")));
  for (const char* key : {"loss", "auc", "f1", "precision", "recall", "brier", "ece"}) {
    if (const auto value = number_member(metrics, key)) {
      record.metrics.push_back({fmt::format("test_{}", key), *value, std::nullopt, std::nullopt});
    }
  }
}

}  // namespace animalctl::publish
