#include "console/model_view.h"

#include <fmt/core.h>

#include <chrono>

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/publish/deployment.h"
#include "animalctl/registry/retention.h"

namespace animalctl::console {
namespace {
using Json = nlohmann::ordered_json;
using registry::Aliases;
using registry::HistoryEntry;
using registry::ModelRegistry;
using registry::VersionRecord;

// Enough for years; the file has all.
constexpr std::size_t kMostHistory = 500;

Json version_or_null(const std::optional<int>& version) {
  return version ? Json(*version) : Json(nullptr);
}

Json aliases_json(const Aliases& aliases) {
  return {{"champion", version_or_null(aliases.champion)},
          {"challenger", version_or_null(aliases.challenger)},
          {"previous", version_or_null(aliases.previous)}};
}

Json metrics_json(const VersionRecord& record) {
  Json metrics = Json::array();
  for (const registry::MetricRecord& metric : record.metrics) {
    metrics.push_back({{"name", metric.name},
                       {"value", metric.value},
                       {"low", metric.low ? Json(*metric.low) : Json(nullptr)},
                       {"high", metric.high ? Json(*metric.high) : Json(nullptr)}});
  }
  return metrics;
}

Json gate_records_json(const VersionRecord& record) {
  Json gates = Json::array();
  for (const registry::GateRecord& gate : record.gates) {
    gates.push_back({{"name", gate.name}, {"verdict", gate.verdict}, {"reason", gate.reason}});
  }
  return gates;
}

// Why each version must not serve, from the history: a refusal is taken back by naming it challenger again.
Json refusal_of(const std::vector<HistoryEntry>& history, int version) {
  Json refusal;
  for (const HistoryEntry& entry : history) {
    if (entry.version != version) continue;
    if (entry.action == "refuse") refusal = entry.reason;
    if (entry.action == "promote" || (entry.action == "alias" && entry.alias == "challenger")) refusal = nullptr;
  }
  return refusal;
}

Json summary_json(const VersionRecord& record, const std::vector<HistoryEntry>& history) {
  return {{"version", record.version},
          {"created_at", record.created},
          {"run", record.run},
          {"architecture", record.architecture},
          {"train_images", record.train_images},
          {"val_images", record.val_images},
          {"parent", version_or_null(record.parent)},
          {"trigger", record.trigger},
          {"metrics", metrics_json(record)},
          {"gates", gate_records_json(record)},
          {"refused", refusal_of(history, record.version)},
          {"pruned", registry::pruned_versions(history).contains(record.version)}};
}

Json history_json(const std::vector<HistoryEntry>& history) {
  Json entries = Json::array();
  for (auto entry = history.rbegin(); entry != history.rend() && entries.size() < kMostHistory; ++entry) {
    entries.push_back({{"sequence", entry->sequence},
                       {"at", entry->time},
                       {"action", entry->action},
                       {"alias", entry->alias},
                       {"version", version_or_null(entry->version)},
                       {"champion_before", version_or_null(entry->champion_before)},
                       {"champion_after", version_or_null(entry->champion_after())},
                       {"reason", entry->reason},
                       {"by", entry->by}});
  }
  return entries;
}

ModelRegistry open_registry(const ConsoleSettings& settings, const std::string& model) {
  for (const std::string& known : registry::registered_models(settings.registry_dir)) {
    if (known == model) return {settings.registry_dir, model};
  }
  throw Error(ErrorCode::NotFound, fmt::format("there is no model {} in the registry", model));
}

// Archive before traffic: `serve` must find what it is told to ask.
void send_all_traffic_to(const ConsoleSettings& settings, const ModelRegistry& models, int version) {
  publish::place_archive(models, version, settings.model_store);
  publish::write_canary_config(settings.canary_config, publish::all_traffic_to(version));
}

}  // namespace

Json models_json(const ConsoleSettings& settings) {
  Json models = Json::array();
  for (const std::string& name : registry::registered_models(settings.registry_dir)) {
    const ModelRegistry model(settings.registry_dir, name);
    const std::vector<HistoryEntry> history = model.history();
    const std::vector<VersionRecord> records = model.versions();
    Json versions = Json::array();
    for (auto record = records.rbegin(); record != records.rend(); ++record) {
      versions.push_back(summary_json(*record, history));
    }
    models.push_back({{"name", name},
                      {"aliases", aliases_json(model.aliases())},
                      {"versions", std::move(versions)},
                      {"history", history_json(history)}});
  }
  return {{"models", std::move(models)}};
}

Json version_json(const ConsoleSettings& settings, const std::string& model, int version) {
  const ModelRegistry models = open_registry(settings, model);
  const std::optional<VersionRecord> record = models.find(version);
  if (!record) throw Error(ErrorCode::NotFound, fmt::format("the model {} has no version {}", model, version));
  return {{"summary", summary_json(*record, models.history())},
          {"record", Json::parse(registry::to_json(*record))},
          {"card", registry::model_card(*record)}};
}

void promote_by_hand(const ConsoleSettings& settings, const std::string& model, int version, const std::string& reason,
                     const std::string& by) {
  ModelRegistry models = open_registry(settings, model);
  if (!models.find(version)) {
    throw Error(ErrorCode::NotFound, fmt::format("the model {} has no version {}", model, version));
  }
  publish::place_archive(models, version, settings.model_store);
  // A call that was cut off after this line left the traffic where it was: again, it is brought over.
  if (models.aliases().champion != version) {
    models.promote(version, reason, by, std::chrono::system_clock::now());
  }
  send_all_traffic_to(settings, models, version);
}

int roll_back_by_hand(const ConsoleSettings& settings, const std::string& model, const std::string& reason,
                      const std::string& by) {
  ModelRegistry models = open_registry(settings, model);
  models.roll_back(reason, by, std::chrono::system_clock::now());
  const int champion = models.aliases().champion.value_or(0);
  send_all_traffic_to(settings, models, champion);
  return champion;
}

}  // namespace animalctl::console
