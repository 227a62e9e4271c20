#include <filesystem>
#include <optional>
#include <set>
#include <vector>

#include <fmt/core.h>

#include "animalctl/base/error.h"
#include "animalctl/registry/registry.h"
#include "animalctl/registry/retention.h"
#include "registry/durable_files.h"
#include "registry/registry_files.h"

namespace animalctl::registry {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail_check(const std::string& what) {
  throw Error(ErrorCode::DataLoss, what);
}

// Which versions are pruned; also by a writer that came after the first look.
class PrunedNow {
 public:
  PrunedNow(const ModelRegistry& registry, const std::vector<HistoryEntry>& history)
      : registry_(registry), versions_(pruned_versions(history)) {}

  bool contains(int version) {
    if (!versions_.contains(version)) versions_ = pruned_versions(registry_.history());
    return versions_.contains(version);
  }

 private:
  const ModelRegistry& registry_;
  std::set<int> versions_;
};

void verify_files(const fs::path& folder, const VersionRecord& record, PrunedNow& pruned) {
  for (const VersionFile& file : record.files) {
    const fs::path path = folder / file.name;
    std::error_code ignored;
    if (!fs::is_regular_file(path, ignored)) {
      if (is_pruned_role(file.role) && pruned.contains(record.version)) continue;
      fail_check(fmt::format("{} is missing", path.string()));
    }
    const VersionFile found = examine_file(path);
    if (found.bytes != file.bytes || found.sha256 != file.sha256) {
      fail_check(fmt::format("{} was changed after its registration: {} bytes with SHA-256 {}, it had {} with {}",
                             path.string(), found.bytes, found.sha256.hex(), file.bytes, file.sha256.hex()));
    }
  }
}

void verify_version(const ModelRegistry& registry, const HistoryEntry& entry, PrunedNow& pruned) {
  const fs::path folder = registry.version_folder(*entry.version);
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) {
    fail_check(fmt::format("{} is missing, which entry {} of the history registered", folder.string(), entry.sequence));
  }
  const ReadRecord read = read_version(registry.folder(), registry.model(), *entry.version);
  if (sha256(std::string_view(read.text)).hex() != entry.record) {
    fail_check(fmt::format("{} was changed after its registration", (folder / kRecordFile).string()));
  }
  verify_files(folder, read.record, pruned);
}

// Aliases name versions that were registered before and whose files were not pruned.
void verify_aliases(const ModelRegistry& registry, const HistoryEntry& entry, const std::set<int>& registered,
                    const std::set<int>& pruned) {
  for (const std::optional<int> version : {entry.aliases.champion, entry.aliases.challenger, entry.aliases.previous}) {
    if (!version) continue;
    if (pruned.contains(*version)) {
      fail_check(fmt::format("entry {} of the history of {} names version {}, whose files were pruned before",
                             entry.sequence, registry.model(), *version));
    }
    if (registered.contains(*version)) continue;
    fail_check(fmt::format("entry {} of the history of {} names version {}, which was not registered", entry.sequence,
                           registry.model(), *version));
  }
}

}  // namespace

void ModelRegistry::verify() const {
  const std::optional<KnownHead> head = read_known_head(folder());
  const std::vector<HistoryEntry> entries = history();
  require_history_not_cut(folder(), head, entries);
  PrunedNow pruned_now(*this, entries);
  std::set<int> registered;
  std::set<int> pruned;
  for (const HistoryEntry& entry : entries) {
    if (entry.action == "register") {
      if (!entry.version) fail_check(fmt::format("entry {} of the history registers no version", entry.sequence));
      verify_version(*this, entry, pruned_now);
      registered.insert(*entry.version);
    }
    if (entry.action == "prune" && entry.version) pruned.insert(*entry.version);
    verify_aliases(*this, entry, registered, pruned);
  }
}

}  // namespace animalctl::registry
