#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "animalctl/registry/history.h"
#include "animalctl/registry/registry.h"
#include "animalctl/registry/version_record.h"
#include "registry/durable_files.h"

namespace animalctl::registry {

// One writer's turn: holds the lock to the end of the scope, has finished what an earlier writer began, and knows the
// history.
class RegistryWriter {
 public:
  RegistryWriter(const ModelRegistry& registry, const RegistryOptions& options, Timestamp now);

  const std::vector<HistoryEntry>& history() const { return history_; }
  Aliases aliases() const;
  // Throws NotFound when no such version was registered.
  void require_version(int version) const;

  // An entry that changes nothing yet: aliases as they are.
  HistoryEntry begin_entry(std::string_view action, std::optional<int> version, std::string_view reason,
                           std::string_view by) const;
  // Appends it to the history and writes aliases.json.
  void append(HistoryEntry entry);
  // Removes the files of versions that are pruned by the history.
  void remove_pruned_files() const;
  // Makes a version of this content and appends its entry.
  VersionRecord make_version(VersionRecord record, std::span<const VersionSource> files, std::string_view by);

 private:
  void step(std::string_view name) const;
  void remove_leftovers() const;
  void note_unnoted_versions();
  void append_line(HistoryEntry& entry);
  void write_aliases() const;

  const ModelRegistry& registry_;
  const RegistryOptions& options_;
  const Timestamp now_;
  const std::filesystem::path folder_;
  const WriterLock lock_;
  std::vector<HistoryEntry> history_;
};

}  // namespace animalctl::registry
