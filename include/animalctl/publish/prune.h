#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "animalctl/registry/registry.h"

namespace animalctl::publish {

struct PruneRequest {
  std::size_t keep = 0;  // old versions that keep their files, besides those with an alias
  std::set<int> in_use;  // versions that somebody asks for by number: those of the canary file
  std::string reason;
  std::string by;
};

struct Pruned {
  std::vector<int> versions;  // ascending
  std::uint64_t bytes = 0;    // of the files that were removed
};

// registry::ModelRegistry::prune(), after which the archives of all pruned versions leave the model store: the store's
// is a second name of the registry's, so the room is free only then. An archive of another content is somebody's own
// and stays. What a killed call left is removed by the next one. Throws what prune() throws, and errors of files.
Pruned prune_versions(registry::ModelRegistry& registry, const PruneRequest& request,
                      const std::filesystem::path& model_store, registry::Timestamp now);

}  // namespace animalctl::publish
