#pragma once

#include <cstddef>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "animalctl/registry/history.h"

namespace animalctl::registry {

// True for the files that a prune removes, "checkpoint" and "archive": nearly all of a version's bytes. Where it came
// from and what was found out about it stays.
bool is_pruned_role(std::string_view role);

// Versions whose files were pruned, by the history.
std::set<int> pruned_versions(std::span<const HistoryEntry> history);

// Versions whose files nobody needs, ascending: registered, not pruned yet, without an alias, not `in_use`, and either
// refused, or older than the champion, or champion once. The newest `keep` of these are left out. One that is newer
// than the champion and was neither tried nor refused waits for somebody's decision and is none of them.
std::vector<int> prunable_versions(std::span<const HistoryEntry> history, std::size_t keep,
                                   const std::set<int>& in_use);

}  // namespace animalctl::registry
