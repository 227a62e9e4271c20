#pragma once

#include <set>
#include <string>
#include <vector>

#include "animalctl/registry/registry.h"
#include "cli/context.h"

namespace animalctl::cli {

// What the command `models` prints, for people or as JSON.
void print_list(Context& context, const registry::ModelRegistry& registry, bool json);
void print_version(Context& context, const registry::ModelRegistry& registry, int version, bool json);
void print_history(Context& context, const registry::ModelRegistry& registry, bool verified, bool json);
// `sentence` first, when it is not "".
void print_aliases(Context& context, const registry::ModelRegistry& registry, const std::string& sentence, bool json);
// `pruned`: versions whose files are gone.
void print_difference(Context& context, const registry::VersionRecord& first, const registry::VersionRecord& second,
                      const std::set<int>& pruned, bool json);
// "version 3", "versions 1, 2".
std::string versions_text(const std::vector<int>& versions);

}  // namespace animalctl::cli
