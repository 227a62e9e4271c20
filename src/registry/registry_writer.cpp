#include "registry/registry_writer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/core.h>
#include <unistd.h>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/log.h"
#include "animalctl/base/time_text.h"
#include "animalctl/registry/retention.h"
#include "registry/registry_files.h"

namespace animalctl::registry {
namespace fs = std::filesystem;
namespace {

bool is_noted(const std::vector<HistoryEntry>& history, int version) {
  return std::any_of(history.begin(), history.end(),
                     [&](const HistoryEntry& entry) { return entry.action == "register" && entry.version == version; });
}

void require_finite_metrics(const VersionRecord& record) {
  for (const MetricRecord& metric : record.metrics) {
    if (std::isfinite(metric.value) && std::isfinite(metric.low.value_or(0)) &&
        std::isfinite(metric.high.value_or(0))) {
      continue;
    }
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("the metric {} is no finite number; leave out what was not measured", metric.name));
  }
}

// With an earlier file in the middle of it, the folder is removed again.
class ScratchVersion {
 public:
  explicit ScratchVersion(fs::path path) : path_(std::move(path)) { create_folders(path_); }
  ~ScratchVersion() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  ScratchVersion(const ScratchVersion&) = delete;
  ScratchVersion& operator=(const ScratchVersion&) = delete;

  const fs::path& path() const { return path_; }
  void rename_to(const fs::path& target) {
    std::error_code code;
    fs::rename(path_, target, code);
    if (code) throw error_from_errno(code.value(), fmt::format("make {}", target.string()));
    path_.clear();
  }

 private:
  fs::path path_;
};

fs::path made_folder(const fs::path& folder) {
  create_folders(folder);
  return folder;
}

}  // namespace

RegistryWriter::RegistryWriter(const ModelRegistry& registry, const RegistryOptions& options, Timestamp now)
    : registry_(registry),
      options_(options),
      now_(now),
      folder_(made_folder(registry.folder())),
      lock_(folder_, options.lock_timeout),
      history_(read_history(folder_)) {
  require_history_not_cut(folder_, read_known_head(folder_), history_);
  remove_leftovers();
  note_unnoted_versions();
  remove_pruned_files();
  write_aliases();
}

void RegistryWriter::step(std::string_view name) const {
  if (options_.observer) options_.observer(name);
}

void RegistryWriter::remove_leftovers() const {
  std::vector<fs::path> leftovers;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) {
    if (entry.path().filename().string().starts_with(kScratchPrefix)) leftovers.push_back(entry.path());
  }
  for (const fs::path& path : leftovers) {
    step("remove leftover");
    std::error_code code;
    fs::remove_all(path, code);
    if (code) throw error_from_errno(code.value(), fmt::format("remove {}", path.string()));
    log::info("removed what an interrupted registration left", {{"folder", path.string()}});
  }
}

void RegistryWriter::note_unnoted_versions() {
  for (const int version : version_folders(folder_)) {
    if (is_noted(history_, version)) continue;
    const ReadRecord read = read_version(folder_, registry_.model(), version);
    HistoryEntry entry = begin_entry("register", version, "noted after an interruption", "animalctl");
    entry.record = sha256(std::string_view(read.text)).hex();
    append_line(entry);
  }
}

void RegistryWriter::remove_pruned_files() const {
  for (const int version : pruned_versions(history_)) {
    const fs::path folder = registry_.version_folder(version);
    bool removed = false;
    for (const std::string_view role : kPrunedRoles) {
      const fs::path path = folder / version_file_name(role, registry_.model());
      std::error_code code;
      if (!fs::exists(fs::symlink_status(path, code))) continue;
      step("remove a pruned file");
      if (!fs::remove(path, code) && code)
        throw error_from_errno(code.value(), fmt::format("remove {}", path.string()));
      removed = true;
    }
    if (removed) sync_folder_durably(folder);
  }
}

Aliases RegistryWriter::aliases() const {
  return history_.empty() ? Aliases() : history_.back().aliases;
}

void RegistryWriter::require_version(int version) const {
  if (is_noted(history_, version)) return;
  throw Error(ErrorCode::NotFound, fmt::format("{} has no version {}; `animalctl models list` shows those there are",
                                               registry_.model(), version));
}

HistoryEntry RegistryWriter::begin_entry(std::string_view action, std::optional<int> version, std::string_view reason,
                                         std::string_view by) const {
  HistoryEntry entry;
  entry.sequence = static_cast<std::int64_t>(history_.size()) + 1;
  entry.time = iso_time(now_);
  entry.action = action;
  entry.version = version;
  entry.aliases = aliases();
  entry.champion_before = entry.aliases.champion;
  entry.reason = reason;
  entry.by = by;
  if (!history_.empty()) entry.previous = history_.back().hash;
  return entry;
}

void RegistryWriter::append_line(HistoryEntry& entry) {
  const std::string line = seal(entry);
  step("append to the history");
  append_line_durably(folder_ / kHistoryFile, line);
  step("sync the folder of the history");
  sync_folder_durably(folder_);
  history_.push_back(entry);
}

void RegistryWriter::append(HistoryEntry entry) {
  append_line(entry);
  write_aliases();
}

void RegistryWriter::write_aliases() const {
  if (history_.empty()) return;
  const fs::path path = folder_ / kAliasesFile;
  const std::string text = aliases_text(history_.back());
  std::error_code ignored;
  if (fs::exists(path, ignored)) {
    try {
      if (read_text_file(path, text.size()) == text) return;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::ResourceExhausted) throw;  // longer: it is another text
    }
  }
  step("write the aliases");
  write_file_atomic(path, text);
}

VersionRecord RegistryWriter::make_version(VersionRecord record, std::span<const VersionSource> files,
                                           std::string_view by) {
  require_finite_metrics(record);
  record.model = registry_.model();
  record.created = iso_time(now_);
  record.files.clear();
  HistoryEntry entry = begin_entry("register", record.version, record.trigger, by);
  (void)seal(entry);  // refuses texts that cannot be noted before anything is made
  step("make the folder");
  ScratchVersion scratch(folder_ / fmt::format("{}{}-{}", kScratchPrefix, record.version, ::getpid()));
  for (const VersionSource& source : files) {
    if (record.file(source.role) != nullptr) {
      throw Error(ErrorCode::InvalidArgument, fmt::format("two files are given as the version's {}", source.role));
    }
    step("copy a file");
    VersionFile file = copy_durably(source.path, scratch.path() / version_file_name(source.role, record.model));
    file.role = source.role;
    record.files.push_back(std::move(file));
  }
  const std::string text = to_json(record);
  (void)parse_version_record(text, "the record of the new version");
  step("write the record");
  write_file_atomic(scratch.path() / kRecordFile, text);
  step("write the card");
  write_file_atomic(scratch.path() / kCardFile, model_card(record));
  step("rename the folder");
  scratch.rename_to(registry_.version_folder(record.version));
  step("sync the model's folder");
  sync_folder_durably(folder_);
  entry.record = sha256(std::string_view(text)).hex();
  append(std::move(entry));
  return record;
}

}  // namespace animalctl::registry
