#include "animalctl/registry/retention.h"

#include <algorithm>
#include <array>

#include "registry/registry_files.h"

namespace animalctl::registry {
namespace {

// Has it served, or has something newer taken its place?
bool is_superseded(std::span<const HistoryEntry> history, int version) {
  const std::optional<int> champion = history.back().aliases.champion;
  if (champion && version < *champion) return true;
  return std::any_of(history.begin(), history.end(),
                     [&](const HistoryEntry& entry) { return entry.champion_before == version; });
}

bool has_alias(const Aliases& aliases, int version) {
  return aliases.champion == version || aliases.challenger == version || aliases.previous == version;
}

}  // namespace

bool is_pruned_role(std::string_view role) {
  return std::find(kPrunedRoles.begin(), kPrunedRoles.end(), role) != kPrunedRoles.end();
}

std::set<int> pruned_versions(std::span<const HistoryEntry> history) {
  std::set<int> versions;
  for (const HistoryEntry& entry : history) {
    if (entry.action == "prune" && entry.version) versions.insert(*entry.version);
  }
  return versions;
}

std::vector<int> prunable_versions(std::span<const HistoryEntry> history, std::size_t keep,
                                   const std::set<int>& in_use) {
  const std::set<int> pruned = pruned_versions(history);
  std::vector<int> versions;
  for (const HistoryEntry& entry : history) {
    if (entry.action != "register" || !entry.version) continue;
    const int version = *entry.version;
    if (pruned.contains(version) || in_use.contains(version) || has_alias(history.back().aliases, version)) continue;
    if (refusal_in(history, version) || is_superseded(history, version)) versions.push_back(version);
  }
  std::sort(versions.begin(), versions.end());
  versions.resize(versions.size() - std::min(keep, versions.size()));
  return versions;
}

}  // namespace animalctl::registry
