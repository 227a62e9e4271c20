#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "cli/models_print.h"

namespace animalctl::cli {
namespace {

using Json = nlohmann::ordered_json;
using registry::VersionRecord;

// Everything a record says, as named texts: "settings.lr" → "0.001".
std::map<std::string, std::string> facts_of(const VersionRecord& record) {
  std::map<std::string, std::string> facts;
  const auto add = [&](const std::string& name, const std::string& text) {
    if (!text.empty()) facts[name] = text;
  };
  add("run", record.run);
  add("architecture", record.architecture);
  add("data_digest", record.data_digest);
  add("split_digest", record.split_digest);
  add("trigger", record.trigger);
  add("train_images", fmt::format("{}", record.train_images));
  add("val_images", fmt::format("{}", record.val_images));
  add("parent", record.parent ? fmt::format("{}", *record.parent) : "");
  std::string classes;
  for (const std::string& name : record.classes) classes += (classes.empty() ? "" : ",") + name;
  add("classes", classes);
  for (const auto& [name, text] : record.settings) add("settings." + name, text);
  for (const auto& [name, text] : record.software) add("software." + name, text);
  for (const registry::GateRecord& gate : record.gates) add("gates." + gate.name, gate.verdict);
  for (const registry::VersionFile& file : record.files) add("files." + file.role, file.sha256.hex());
  return facts;
}

std::string fact(const std::map<std::string, std::string>& facts, const std::string& name) {
  const auto found = facts.find(name);
  return found == facts.end() ? "" : found->second;
}

struct FactChange {
  std::string name;
  std::string first;
  std::string second;
};

std::vector<FactChange> changed_facts(const VersionRecord& first, const VersionRecord& second) {
  const auto before = facts_of(first);
  const auto after = facts_of(second);
  std::map<std::string, std::string> names = before;
  names.insert(after.begin(), after.end());
  std::vector<FactChange> changes;
  for (const auto& [name, unused] : names) {
    if (fact(before, name) != fact(after, name)) changes.push_back({name, fact(before, name), fact(after, name)});
  }
  return changes;
}

const registry::MetricRecord* metric_of(const VersionRecord& record, const std::string& name) {
  for (const registry::MetricRecord& metric : record.metrics) {
    if (metric.name == name) return &metric;
  }
  return nullptr;
}

// Names of both, those of the first record first.
std::vector<std::string> metric_names(const VersionRecord& first, const VersionRecord& second) {
  std::vector<std::string> names;
  for (const VersionRecord* record : {&first, &second}) {
    for (const registry::MetricRecord& metric : record->metrics) {
      if (std::find(names.begin(), names.end(), metric.name) == names.end()) names.push_back(metric.name);
    }
  }
  return names;
}

std::string metric_text(const registry::MetricRecord* metric) {
  return metric == nullptr ? "-" : fmt::format("{:.6g}", metric->value);
}

Json metric_json(const registry::MetricRecord* metric) {
  return metric == nullptr ? Json(nullptr) : Json(metric->value);
}

}  // namespace

void print_difference(Context& context, const VersionRecord& first, const VersionRecord& second,
                      const std::set<int>& pruned, bool json) {
  const std::vector<FactChange> changes = changed_facts(first, second);
  std::vector<int> without_files;
  for (const int version : {first.version, second.version}) {
    if (pruned.contains(version)) without_files.push_back(version);
  }
  if (json) {
    Json answer = {{"model", first.model}, {"versions", {first.version, second.version}}};
    answer["pruned"] = without_files;
    answer["metrics"] = Json::object();
    for (const std::string& name : metric_names(first, second)) {
      answer["metrics"][name] = {metric_json(metric_of(first, name)), metric_json(metric_of(second, name))};
    }
    answer["changes"] = Json::object();
    for (const FactChange& change : changes) answer["changes"][change.name] = {change.first, change.second};
    context.print(answer.dump(2, ' ', false, Json::error_handler_t::replace));
    return;
  }
  context.print(fmt::format("{} version {} → {}", first.model, first.version, second.version));
  if (!without_files.empty()) {
    context.print(fmt::format("  (the checkpoint and the archive of {} were pruned)", versions_text(without_files)));
  }
  for (const std::string& name : metric_names(first, second)) {
    const auto* const before = metric_of(first, name);
    const auto* const after = metric_of(second, name);
    const std::string delta =
        before != nullptr && after != nullptr ? fmt::format("  ({:+.6g})", after->value - before->value) : "";
    context.print(fmt::format("  {}: {} → {}{}", name, metric_text(before), metric_text(after), delta));
  }
  for (const FactChange& change : changes) {
    context.print(fmt::format("  {}: {} → {}", change.name, change.first.empty() ? "-" : change.first,
                              change.second.empty() ? "-" : change.second));
  }
}

}  // namespace animalctl::cli
