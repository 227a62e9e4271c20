#include "cli/score_options.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "cli/model_path.h"

namespace animalctl::cli {

void ScoreOptions::declare(CLI::App& app) {
  declare_frames_dir(app, frames_dir);
  declare_annotations_dir(app, annotations_dir);
  declare_model_dir(app, model_dir);
  declare_classes(app, classes);
  app.add_option("--batch-size", batch_size, "Images a step; the result does not depend on it")
      ->type_name("N")
      ->check(integer_between(1, 1'000'000))
      ->capture_default_str();
  declare_threads(app, threads);
  app.add_option("--device", device, "auto, cpu or cuda")
      ->check(one_of({"auto", "cpu", "cuda"}))
      ->capture_default_str();
  app.add_option("--cache-dir", cache_dir, "Folder of decoded images, safe to delete; \"\" for none")
      ->type_name("DIR")
      ->capture_default_str();
  app.add_flag("--strict", strict, "Stop at the first frame that cannot be used instead of skipping it");
  declare_json(app, json);
  script.declare(app);
}

ScoreConfig ScoreOptions::config(const std::vector<std::string>& models) const {
  ScoreConfig config;
  for (const std::string& model : models) config.models.push_back(resolve_model_path(model, model_dir));
  config.dataset_csv = dataset_csv;
  config.frames_dir = frames_dir;
  config.annotations_dir = annotations_dir;
  config.classes = parse_classes(classes);
  config.script = script.options();
  config.script.classes = config.classes;
  config.batch_size = batch_size;
  config.threads = threads;
  config.device = parse_device(device);
  config.cache_dir = cache_dir;
  config.strict = strict;
  return config;
}

Device parse_device(const std::string& word) {
  if (word == "cuda") return Device::Cuda;
  return word == "cpu" ? Device::Cpu : Device::Auto;
}

nlohmann::ordered_json metrics_json(const ClassificationMetrics& metrics) {
  nlohmann::ordered_json json;
  json["count"] = metrics.count;
  json["accuracy"] = metrics.accuracy;
  json["loss"] = metrics.loss;
  json["auc"] = metrics.auc ? nlohmann::ordered_json(*metrics.auc) : nlohmann::ordered_json();
  json["f1"] = metrics.f1;
  json["precision"] = metrics.precision;
  json["recall"] = metrics.recall;
  json["brier"] = metrics.brier;
  json["ece"] = metrics.ece;
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (std::size_t label = 0; label < metrics.class_count; ++label) {
    nlohmann::ordered_json row = nlohmann::ordered_json::array();
    for (std::size_t predicted = 0; predicted < metrics.class_count; ++predicted) {
      row.push_back(metrics.confused(label, predicted));
    }
    rows.push_back(row);
  }
  json["confusion"] = rows;
  return json;
}

std::string metrics_line(const ClassificationMetrics& metrics) {
  const std::string auc = metrics.auc ? fmt::format("{:7.4f}", *metrics.auc) : "      -";
  return fmt::format("{:8.4f} {:8.4f} {} {:7.4f} {:7.4f} {:7.4f}", metrics.accuracy, metrics.loss, auc, metrics.f1,
                     metrics.brier, metrics.ece);
}

}  // namespace animalctl::cli
