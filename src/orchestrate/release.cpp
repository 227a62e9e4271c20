#include "orchestrate/release.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/json.h"
#include "orchestrate/json_numbers.h"

namespace animalctl::orchestrate {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxJson = std::uint64_t{64} << 20;

nlohmann::json read_json(const fs::path& file) {
  return parse_json(read_text_file(file, kMaxJson), file.string());
}

std::string value_text(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// The files of a run's steps that become part of the version.
std::vector<registry::VersionSource> version_sources(const RunFolder& folder, const lake::RunRow& run) {
  const std::string name = fmt::format("{}-{}", run.model, run.version);
  return {{"checkpoint", folder.step("train") / (name + ".pth")},
          {"archive", folder.step("archive") / (run.model + ".mar")},
          {"run", folder.step("train") / (name + ".json")},
          {"report", folder.step("report") / "report.json"},
          {"page", folder.step("report") / "report.html"},
          {"train_csv", folder.step("split") / "train.csv"},
          {"val_csv", folder.step("split") / "val.csv"},
          {"test_csv", folder.step("split") / "test.csv"}};
}

void add_metrics(registry::VersionRecord& record, const nlohmann::json& training, const nlohmann::json& report) {
  const nlohmann::json interval = report.value("accuracy_interval", nlohmann::json::array());
  registry::MetricRecord accuracy{"test_accuracy", number_at(report, "/metrics/accuracy"), {}, {}};
  if (interval.size() == 2) {
    accuracy.low = interval[0].get<double>();
    accuracy.high = interval[1].get<double>();
  }
  record.metrics = {accuracy,
                    {"test_loss", number_at(report, "/metrics/loss"), {}, {}},
                    {"test_f1", number_at(report, "/metrics/f1"), {}, {}},
                    {"test_ece", number_at(report, "/metrics/ece"), {}, {}},
                    {"test_images", number_at(report, "/images"), {}, {}}};
  if (training.value("/best_val_accuracy"_json_pointer, nlohmann::json()).is_number()) {
    record.metrics.push_back({"val_accuracy", number_at(training, "/best_val_accuracy"), {}, {}});
  }
}

bool is_registered(const registry::ModelRegistry& registry, const lake::RunRow& run) {
  const auto found = registry.find(static_cast<int>(run.version));
  if (!found) return false;
  if (found->run == run.id) return true;
  throw Error(ErrorCode::FailedPrecondition,
              fmt::format("version {} of {} was registered by {} while {} was under way", run.version, run.model,
                          found->run.empty() ? "hand" : found->run, run.id));
}

}  // namespace

std::optional<TrafficShare> read_traffic(const fs::path& file) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return std::nullopt;
  const nlohmann::json config = read_json(file);
  TrafficShare share;
  share.traffic = number_at(config, "/traffic");
  share.current = static_cast<std::int64_t>(count_at(config, "/current_version"));
  share.previous = static_cast<std::int64_t>(count_at(config, "/previous_version"));
  share.shadow = config.contains("shadow") && flag_at(config, "/shadow");
  return share;
}

void write_traffic(const fs::path& file, const TrafficShare& share) {
  try {
    if (read_traffic(file) == share) return;
  } catch (const Error&) {
    // A garbled file is replaced.
  }
  nlohmann::ordered_json config = {
      {"traffic", share.traffic}, {"current_version", share.current}, {"previous_version", share.previous}};
  if (share.shadow) config["shadow"] = true;
  write_file_atomic(file, config.dump());
}

registry::VersionRecord version_record(const lake::RunRow& run, const RunPlan& plan, const RunFolder& folder,
                                       const std::vector<Gate>& gates) {
  const nlohmann::json training = read_json(folder.step("train") / fmt::format("{}-{}.json", run.model, run.version));
  const nlohmann::json report = read_json(folder.step("report") / "report.json");
  const nlohmann::json split = read_json(folder.step("split") / "split.json");
  registry::VersionRecord record;
  record.model = run.model;
  record.version = static_cast<int>(run.version);
  record.run = run.id;
  record.classes = training.value("classes", std::vector<std::string>{});
  const nlohmann::json settings = training.value("settings", nlohmann::json::object());
  record.architecture = settings.value("arch", "");
  for (const auto& [key, value] : settings.items()) record.settings.emplace_back(key, value_text(value));
  const nlohmann::json versions = training.value("versions", nlohmann::json::object());
  for (const auto& [key, value] : versions.items()) {
    record.software.emplace_back(key, value_text(value));
  }
  record.data_digest = run.data_digest;
  record.split_digest = split.value("digest", "");
  record.train_images = count_at(training, "/data/train_images");
  record.val_images = count_at(training, "/data/val_images");
  add_metrics(record, training, report);
  for (const Gate& gate : gates) record.gates.push_back({gate.name, std::string(to_string(gate.verdict)), gate.reason});
  if (run.parent) record.parent = static_cast<int>(*run.parent);
  record.trigger = plan.trigger;
  return record;
}

void register_run(const registry::ModelRegistry& registry, const lake::RunRow& run, const RunPlan& plan,
                  const RunFolder& folder, const std::vector<Gate>& gates, TimePoint now) {
  if (is_registered(registry, run)) return;
  registry::ModelRegistry writer = registry;
  writer.register_version(version_record(run, plan, folder, gates), version_sources(folder, run), now, kOrchestrator);
}

void publish_archive(const registry::ModelRegistry& registry, const Places& places, std::int64_t version) {
  const fs::path archive = registry.file(static_cast<int>(version), "archive");
  place_file(archive, places.model_store / fmt::format("{}-{}.mar", places.model, version));
}

void promote_version(const registry::ModelRegistry& registry, const Places& places, std::int64_t version,
                     const std::string& reason, TimePoint now) {
  publish_archive(registry, places, version);
  const auto number = static_cast<int>(version);
  if (registry.aliases().champion != number) {
    registry::ModelRegistry writer = registry;
    writer.promote(number, reason, kOrchestrator, now);
  }
  write_traffic(places.canary_config, {1.0, version, version, false});
}

}  // namespace animalctl::orchestrate
