#include "animalctl/registry/registry.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/core.h>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/registry/retention.h"
#include "registry/registry_files.h"
#include "registry/registry_writer.h"

namespace animalctl::registry {
namespace fs = std::filesystem;
namespace {

struct RoleName {
  std::string_view role;
  std::string_view name;  // "" : <model>.mar
};

constexpr std::array<RoleName, 8> kRoles = {{{"checkpoint", "checkpoint.pth"},
                                             {"archive", ""},
                                             {"run", "run.json"},
                                             {"report", "report.json"},
                                             {"page", "report.html"},
                                             {"train_csv", "train.csv"},
                                             {"val_csv", "val.csv"},
                                             {"test_csv", "test.csv"}}};

int newest_version(const std::vector<HistoryEntry>& history, const fs::path& folder) {
  int newest = 0;
  for (const HistoryEntry& entry : history) newest = std::max(newest, entry.version.value_or(0));
  const std::vector<int> folders = version_folders(folder);
  return folders.empty() ? newest : std::max(newest, folders.back());
}

// What was `previous` when this version last became champion.
std::optional<int> champion_before(const std::vector<HistoryEntry>& history, int version) {
  for (auto entry = history.rbegin(); entry != history.rend(); ++entry) {
    if (entry->action != "promote" || entry->version != version) continue;
    const std::optional<int> before = entry->aliases.previous;
    const bool serves = before && !refusal_in(history, *before) && !pruned_versions(history).contains(*before);
    return serves ? before : std::nullopt;
  }
  return std::nullopt;
}

void require_words(std::string_view reason, std::string_view by) {
  if (!reason.empty() && !by.empty()) return;
  throw Error(ErrorCode::InvalidArgument, reason.empty()
                                              ? "a reason is needed: the history is read by people who ask why"
                                              : "the name of who does it is needed for the history");
}

[[noreturn]] void fail_state(const std::string& message) {
  throw Error(ErrorCode::FailedPrecondition, message);
}

// The time of the prune, where there was one.
std::optional<std::string> pruned_at(const std::vector<HistoryEntry>& history, int version) {
  for (const HistoryEntry& entry : history) {
    if (entry.action == "prune" && entry.version == version) return entry.time;
  }
  return std::nullopt;
}

// A version without its files can never serve again.
void require_files(const std::vector<HistoryEntry>& history, const std::string& model, int version) {
  const auto time = pruned_at(history, version);
  if (!time) return;
  fail_state(
      fmt::format("the checkpoint and the archive of version {} of {} were pruned on {}; its record and its "
                  "history are what is left of it",
                  version, model, *time));
}

}  // namespace

std::string version_file_name(std::string_view role, std::string_view model) {
  const auto found = std::find_if(kRoles.begin(), kRoles.end(), [&](const RoleName& row) { return row.role == role; });
  if (found != kRoles.end()) return found->name.empty() ? fmt::format("{}.mar", model) : std::string(found->name);
  std::string accepted;
  for (const RoleName& row : kRoles) accepted += fmt::format("{}{}", accepted.empty() ? "" : ", ", row.role);
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("\"{}\" is no kind of file of a version; these are: {}", role, accepted));
}

ModelRegistry::ModelRegistry(fs::path root, std::string model, RegistryOptions options)
    : root_(std::move(root)), model_(std::move(model)), options_(std::move(options)) {
  require_registry_name(model_);
}

fs::path ModelRegistry::version_folder(int version) const {
  return folder() / fmt::format("{}", version);
}

int ModelRegistry::next_version() const {
  return newest_version(history(), folder()) + 1;
}

VersionRecord ModelRegistry::register_version(VersionRecord record, std::span<const VersionSource> files, Timestamp now,
                                              std::string_view by) {
  require_words("registering needs none", by);
  RegistryWriter writer(*this, options_, now);
  const int newest = newest_version(writer.history(), folder());
  if (record.version == 0) record.version = newest + 1;
  if (record.version <= newest) {
    std::error_code ignored;
    if (fs::exists(version_folder(record.version), ignored)) {
      throw Error(ErrorCode::AlreadyExists, fmt::format("{} has a version {} already", model_, record.version));
    }
    fail_state(
        fmt::format("version {} of {} cannot be made any more: the newest is {}", record.version, model_, newest));
  }
  if (record.version > VersionRecord::kMaxVersion || record.version < 1) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("version {}: 1 to {} are accepted", record.version, VersionRecord::kMaxVersion));
  }
  if (record.parent) writer.require_version(*record.parent);
  return writer.make_version(std::move(record), files, by);
}

std::vector<VersionRecord> ModelRegistry::versions() const {
  std::vector<VersionRecord> records;
  for (const int version : version_folders(folder())) {
    records.push_back(read_version(folder(), model_, version).record);
  }
  return records;
}

std::optional<VersionRecord> ModelRegistry::find(int version) const {
  std::error_code ignored;
  if (!fs::is_directory(version_folder(version), ignored)) return std::nullopt;
  return read_version(folder(), model_, version).record;
}

fs::path ModelRegistry::file(int version, std::string_view role) const {
  const auto record = find(version);
  const VersionFile* const found = record ? record->file(role) : nullptr;
  if (found != nullptr) {
    fs::path path = version_folder(version) / found->name;
    std::error_code ignored;
    if (is_pruned_role(role) && !fs::exists(path, ignored)) require_files(history(), model_, version);
    return path;
  }
  throw Error(ErrorCode::NotFound, record ? fmt::format("version {} of {} has no {}", version, model_, role)
                                          : fmt::format("{} has no version {}", model_, version));
}

Aliases ModelRegistry::aliases() const {
  const std::vector<HistoryEntry> entries = history();
  return entries.empty() ? Aliases() : entries.back().aliases;
}

void ModelRegistry::promote(int version, std::string_view reason, std::string_view by, Timestamp now) {
  require_words(reason, by);
  RegistryWriter writer(*this, options_, now);
  writer.require_version(version);
  require_files(writer.history(), model_, version);
  HistoryEntry entry = writer.begin_entry("promote", version, reason, by);
  if (entry.aliases.champion == version) fail_state(fmt::format("version {} is the champion already", version));
  if (const auto refused = refusal_in(writer.history(), version)) {
    fail_state(
        fmt::format("version {} was refused: {}; make it the challenger first to take that back", version, *refused));
  }
  if (entry.aliases.challenger == version) entry.aliases.challenger.reset();
  entry.aliases.previous = entry.aliases.champion;
  entry.aliases.champion = version;
  writer.append(std::move(entry));
}

void ModelRegistry::roll_back(std::string_view reason, std::string_view by, Timestamp now) {
  require_words(reason, by);
  RegistryWriter writer(*this, options_, now);
  const std::optional<int> back = writer.aliases().previous;
  if (!back) fail_state(fmt::format("{} has no previous champion to go back to", model_));
  HistoryEntry entry = writer.begin_entry("rollback", back, reason, by);
  entry.aliases.champion = back;
  entry.aliases.previous = champion_before(writer.history(), *back);
  if (entry.aliases.challenger == back) entry.aliases.challenger.reset();
  writer.append(std::move(entry));
}

void ModelRegistry::set_alias(std::string_view name, std::optional<int> version, std::string_view reason,
                              std::string_view by, Timestamp now) {
  require_words(reason, by);
  if (name != "challenger" && name != "previous") {
    throw Error(
        ErrorCode::InvalidArgument,
        fmt::format("the alias \"{}\" cannot be set: challenger and previous can; the champion is promoted", name));
  }
  RegistryWriter writer(*this, options_, now);
  if (version) {
    writer.require_version(*version);
    require_files(writer.history(), model_, *version);
  }
  HistoryEntry entry = writer.begin_entry("alias", version, reason, by);
  entry.alias = name;
  if (version && entry.aliases.champion == version) {
    fail_state(fmt::format("version {} is the champion and cannot be {} as well", *version, name));
  }
  if (name == "previous" && version) {
    if (const auto refused = refusal_in(writer.history(), *version)) {
      fail_state(fmt::format("version {} was refused: {}", *version, *refused));
    }
  }
  (name == "challenger" ? entry.aliases.challenger : entry.aliases.previous) = version;
  writer.append(std::move(entry));
}

void ModelRegistry::refuse(int version, std::string_view reason, std::string_view by, Timestamp now) {
  require_words(reason, by);
  RegistryWriter writer(*this, options_, now);
  writer.require_version(version);
  HistoryEntry entry = writer.begin_entry("refuse", version, reason, by);
  if (entry.aliases.champion == version) {
    fail_state(fmt::format("version {} is the champion; roll back before you refuse it", version));
  }
  if (entry.aliases.challenger == version) entry.aliases.challenger.reset();
  if (entry.aliases.previous == version) entry.aliases.previous.reset();
  writer.append(std::move(entry));
}

std::optional<std::string> ModelRegistry::refusal(int version) const {
  return refusal_in(history(), version);
}

std::vector<int> ModelRegistry::prune(std::size_t keep, const std::set<int>& in_use, std::string_view reason,
                                      std::string_view by, Timestamp now) {
  require_words(reason, by);
  std::error_code ignored;
  if (!fs::is_directory(folder(), ignored)) return {};
  RegistryWriter writer(*this, options_, now);
  std::vector<int> versions = prunable_versions(writer.history(), keep, in_use);
  for (const int version : versions) writer.append(writer.begin_entry("prune", version, reason, by));
  writer.remove_pruned_files();
  return versions;
}

std::vector<HistoryEntry> ModelRegistry::history() const {
  return read_history(folder());
}

void ModelRegistry::recover(Timestamp now) {
  std::error_code ignored;
  if (!fs::is_directory(folder(), ignored)) return;
  const RegistryWriter writer(*this, options_, now);
}

std::vector<std::string> registered_models(const fs::path& root) {
  std::vector<std::string> models;
  std::error_code code;
  fs::directory_iterator entries(root, code);
  if (code == std::errc::no_such_file_or_directory) return models;
  for (; !code && entries != fs::directory_iterator(); entries.increment(code)) {
    std::error_code ignored;
    const std::string name = entries->path().filename().string();
    if (!name.starts_with('.') && entries->is_directory(ignored)) models.push_back(name);
  }
  if (code) throw error_from_errno(code.value(), fmt::format("read the folder {}", root.string()));
  std::sort(models.begin(), models.end());
  return models;
}

}  // namespace animalctl::registry
