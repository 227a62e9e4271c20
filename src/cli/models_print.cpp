#include "cli/models_print.h"

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "animalctl/base/file.h"
#include "animalctl/registry/retention.h"

namespace animalctl::cli {
namespace {

using Json = nlohmann::ordered_json;
using registry::Aliases;
using registry::HistoryEntry;
using registry::MetricRecord;
using registry::ModelRegistry;
using registry::VersionRecord;

Json number_json(std::optional<int> version) {
  return version ? Json(*version) : Json(nullptr);
}

std::string number_text(std::optional<int> version) {
  return version ? fmt::format("{}", *version) : "none";
}

Json aliases_json(const Aliases& aliases) {
  return {{"champion", number_json(aliases.champion)},
          {"challenger", number_json(aliases.challenger)},
          {"previous", number_json(aliases.previous)}};
}

std::vector<std::string> names_of(const Aliases& aliases, int version) {
  std::vector<std::string> names;
  if (aliases.champion == version) names.emplace_back("champion");
  if (aliases.challenger == version) names.emplace_back("challenger");
  if (aliases.previous == version) names.emplace_back("previous");
  return names;
}

// The figure that says most: of the test set, else of the validation set.
const MetricRecord* headline(const VersionRecord& record) {
  for (const char* name : {"test_accuracy", "accuracy", "val_accuracy"}) {
    for (const MetricRecord& metric : record.metrics) {
      if (metric.name == name) return &metric;
    }
  }
  return nullptr;
}

std::string headline_text(const VersionRecord& record) {
  const MetricRecord* const metric = headline(record);
  if (metric == nullptr) return "not measured";
  std::string text = fmt::format("{} {:.4f}", metric->name, metric->value);
  if (!metric->low || !metric->high) return text;
  return fmt::format("{} ({:.4f} to {:.4f})", text, *metric->low, *metric->high);
}

void print_models_json(Context& context, const Json& json) {
  context.print(json.dump(2, ' ', false, Json::error_handler_t::replace));
}

// From when to when a version was champion; a last one without an end serves now.
struct Served {
  int version = 0;
  std::string from;
  std::string until;
};

std::vector<Served> served_versions(const std::vector<HistoryEntry>& history) {
  std::vector<Served> served;
  for (const HistoryEntry& entry : history) {
    if (entry.champion_before == entry.aliases.champion) continue;
    if (!served.empty() && served.back().until.empty()) served.back().until = entry.time;
    if (entry.aliases.champion) served.push_back({*entry.aliases.champion, entry.time, ""});
  }
  return served;
}

Json entry_json(const HistoryEntry& entry) {
  Json json = {{"sequence", entry.sequence}, {"time", entry.time}, {"action", entry.action}};
  if (!entry.alias.empty()) json["alias"] = entry.alias;
  json["version"] = number_json(entry.version);
  json["champion_before"] = number_json(entry.champion_before);
  json["champion_after"] = number_json(entry.aliases.champion);
  json["challenger"] = number_json(entry.aliases.challenger);
  json["previous"] = number_json(entry.aliases.previous);
  json["reason"] = entry.reason;
  json["by"] = entry.by;
  json["hash"] = entry.hash.hex();
  return json;
}

std::string entry_line(const HistoryEntry& entry) {
  std::string what = entry.action;
  if (!entry.alias.empty()) what += " " + entry.alias;
  std::string champion = number_text(entry.aliases.champion);
  if (entry.champion_before != entry.aliases.champion) {
    champion = fmt::format("{} → {}", number_text(entry.champion_before), champion);
  }
  return fmt::format("{}  {:<16} {:>5}  champion {:<10} {}: {}", entry.time, what, number_text(entry.version), champion,
                     entry.by, entry.reason);
}

// When the files of a version were pruned.
std::optional<std::string> pruned_time(const std::vector<HistoryEntry>& history, int version) {
  for (const HistoryEntry& entry : history) {
    if (entry.action == "prune" && entry.version == version) return entry.time;
  }
  return std::nullopt;
}

std::vector<int> pruned_list(const std::vector<HistoryEntry>& history) {
  const std::set<int> pruned = registry::pruned_versions(history);
  return {pruned.begin(), pruned.end()};
}

}  // namespace

std::string versions_text(const std::vector<int>& versions) {
  std::string text = versions.size() == 1 ? "version" : "versions";
  for (std::size_t i = 0; i < versions.size(); ++i) text += fmt::format("{} {}", i == 0 ? "" : ",", versions[i]);
  return text;
}

void print_list(Context& context, const ModelRegistry& registry, bool json) {
  const std::vector<VersionRecord> versions = registry.versions();
  const Aliases aliases = registry.aliases();
  const std::vector<HistoryEntry> history = registry.history();
  if (json) {
    Json answer = {{"model", registry.model()}, {"aliases", aliases_json(aliases)}, {"versions", Json::array()}};
    for (const VersionRecord& record : versions) {
      Json row = {{"version", record.version}, {"created", record.created}};
      row["aliases"] = names_of(aliases, record.version);
      const auto refusal = registry.refusal(record.version);
      row["refused"] = refusal ? Json(*refusal) : Json(nullptr);
      const auto pruned = pruned_time(history, record.version);
      row["pruned"] = pruned ? Json(*pruned) : Json(nullptr);
      row["trigger"] = record.trigger;
      Json metrics = Json::object();
      for (const MetricRecord& metric : record.metrics) metrics[metric.name] = metric.value;
      row["metrics"] = metrics;
      answer["versions"].push_back(std::move(row));
    }
    print_models_json(context, answer);
    return;
  }
  for (const VersionRecord& record : versions) {
    std::string standing;
    for (const std::string& name : names_of(aliases, record.version)) standing += (standing.empty() ? "" : ", ") + name;
    if (const auto refusal = registry.refusal(record.version)) standing = "refused: " + *refusal;
    if (pruned_time(history, record.version)) standing += standing.empty() ? "pruned" : "; pruned";
    context.print(fmt::format("{} {:>4}  {}  {}{}{}", registry.model(), record.version, record.created,
                              headline_text(record), standing.empty() ? "" : "  ", standing));
  }
}

void print_version(Context& context, const ModelRegistry& registry, int version, bool json) {
  const std::string record = read_text_file(registry.version_folder(version) / "version.json");
  const auto pruned = pruned_time(registry.history(), version);
  if (json) {
    Json answer = Json::parse(record);
    answer["aliases"] = names_of(registry.aliases(), version);
    const auto refusal = registry.refusal(version);
    answer["refused"] = refusal ? Json(*refusal) : Json(nullptr);
    answer["pruned"] = pruned ? Json(*pruned) : Json(nullptr);
    answer["folder"] = registry.version_folder(version).string();
    print_models_json(context, answer);
    return;
  }
  for (const std::string& name : names_of(registry.aliases(), version)) context.print(fmt::format("({})", name));
  if (const auto refusal = registry.refusal(version)) context.print(fmt::format("(refused: {})", *refusal));
  if (pruned) context.print(fmt::format("(its checkpoint and its archive were pruned on {})", *pruned));
  std::string card = read_text_file(registry.version_folder(version) / "card.md");
  while (card.ends_with('\n')) card.pop_back();
  context.print(card);
}

void print_history(Context& context, const ModelRegistry& registry, bool verified, bool json) {
  const std::vector<HistoryEntry> history = registry.history();
  const std::vector<Served> served = served_versions(history);
  if (json) {
    Json answer = {{"model", registry.model()}, {"served", Json::array()}, {"entries", Json::array()}};
    for (const Served& row : served) {
      answer["served"].push_back({{"version", row.version},
                                  {"from", row.from},
                                  {"until", row.until.empty() ? Json(nullptr) : Json(row.until)}});
    }
    for (const HistoryEntry& entry : history) answer["entries"].push_back(entry_json(entry));
    if (verified) {
      answer["verified"] = true;
      answer["pruned"] = pruned_list(history);
    }
    print_models_json(context, answer);
    return;
  }
  for (const HistoryEntry& entry : history) context.print(entry_line(entry));
  for (const Served& row : served) {
    context.print(fmt::format("served: version {} from {} {}", row.version, row.from,
                              row.until.empty() ? "until now" : "until " + row.until));
  }
  if (verified) {
    const std::vector<int> pruned = pruned_list(history);
    const std::string gone =
        pruned.empty() ? ""
                       : fmt::format(", but for the checkpoint and the archive of {}, pruned", versions_text(pruned));
    context.print(fmt::format("verified: {} entries and every file of {} versions{}", history.size(),
                              registry.versions().size(), gone));
  }
}

void print_aliases(Context& context, const ModelRegistry& registry, const std::string& sentence, bool json) {
  const Aliases aliases = registry.aliases();
  if (json) {
    print_models_json(context, {{"model", registry.model()}, {"aliases", aliases_json(aliases)}});
    return;
  }
  if (!sentence.empty()) context.print(sentence);
  context.print(fmt::format("champion {}  challenger {}  previous {}", number_text(aliases.champion),
                            number_text(aliases.challenger), number_text(aliases.previous)));
}

}  // namespace animalctl::cli
