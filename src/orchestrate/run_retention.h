#pragma once

#include <cstddef>
#include <filesystem>
#include <set>
#include <string>

#include "animalctl/orchestrate/settings.h"
#include "animalctl/registry/registry.h"

namespace animalctl::orchestrate {

// Removes the oldest folders of runs, and of their logs, but for the newest `keep` and those named in `needed`. The
// lake's rows and the registry's files stay. What cannot be removed is left, with a line in the log.
void remove_old_runs(const std::filesystem::path& runs_dir, const std::filesystem::path& log_dir, std::size_t keep,
                     const std::set<std::string>& needed);

// Removes checkpoint and archive of old versions, but for the newest `keep` (publish::prune_versions()); those that the
// canary file names stay. What fails is left, with a line in the log.
void prune_old_versions(registry::ModelRegistry registry, const Places& places, std::size_t keep,
                        registry::Timestamp now);

}  // namespace animalctl::orchestrate
