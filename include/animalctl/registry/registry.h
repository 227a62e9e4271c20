#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "animalctl/registry/history.h"
#include "animalctl/registry/version_record.h"

namespace animalctl::registry {

using Timestamp = std::chrono::system_clock::time_point;

// A file that becomes part of a version: it is copied.
struct VersionSource {
  std::string role;  // see VersionFile::role; decides the name in the folder (version_file_name())
  std::filesystem::path path;
};

struct RegistryOptions {
  // How long a writer waits for another before Unavailable.
  std::chrono::milliseconds lock_timeout{30'000};
  // Told before every step that changes something on disk, with its name. Tests end the process here.
  std::function<void(std::string_view step)> observer;
};

// "checkpoint.pth", "<model>.mar", "run.json", "report.html", "train.csv", …: the name that the file of a role has in
// the version's folder. Roles: checkpoint, archive, run (the training run's record), report (JSON), page (HTML),
// train_csv, val_csv, test_csv. Throws InvalidArgument for another.
std::string version_file_name(std::string_view role, std::string_view model);

// The versions of one model and what happened to them (docs/formats/registry.md): <root>/<model>/<version>/ and
// history.jsonl, which is the truth; aliases.json is a copy for people and scripts. Whatever is killed where, the
// registry is whole: versions appear by rename, history grows by synced lines, and the next writer finishes what was
// begun. Writers wait for each other (flock); readers never wait. Thread-safe: an object holds no state.
//
// Errors of every member: InvalidArgument (names, texts), DataLoss (a file is garbled, the chain is broken), those of
// files; of those that write also Unavailable (another writer for longer than the time-out).
class ModelRegistry {
 public:
  // Touches no file. Throws InvalidArgument when `model` is no name.
  ModelRegistry(std::filesystem::path root, std::string model, RegistryOptions options = {});

  const std::string& model() const { return model_; }
  std::filesystem::path folder() const { return root_ / model_; }
  std::filesystem::path version_folder(int version) const;

  // One more than every version there is or was; 1 at first.
  int next_version() const;
  // Copies the files, writes version.json and card.md and makes the version visible in one step. record.version 0 takes
  // the next one; another must not be below next_version(). Model, time and files are filled in. Aliases stay as they
  // are. Throws AlreadyExists (the version is there), FailedPrecondition (it is below the newest), NotFound (a file).
  VersionRecord register_version(VersionRecord record, std::span<const VersionSource> files, Timestamp now,
                                 std::string_view by);

  // Oldest first.
  std::vector<VersionRecord> versions() const;
  std::optional<VersionRecord> find(int version) const;
  // The path of a version's file of this role; throws NotFound when there is no such version or file,
  // FailedPrecondition when it was pruned.
  std::filesystem::path file(int version, std::string_view role) const;

  Aliases aliases() const;
  // Makes it the champion; the one before becomes `previous`, and it is no challenger any more. Throws NotFound,
  // FailedPrecondition (it is the champion already; it was refused: set_alias("challenger") takes that back; its files
  // were pruned).
  void promote(int version, std::string_view reason, std::string_view by, Timestamp now);
  // `previous` becomes champion again, and `previous` the one that was before it. Throws FailedPrecondition when there
  // is none.
  void roll_back(std::string_view reason, std::string_view by, Timestamp now);
  // "challenger" or "previous" (of the champion promote() decides); nothing takes the alias away. Throws
  // FailedPrecondition for a version whose files were pruned, and for a refused one as `previous`.
  void set_alias(std::string_view name, std::optional<int> version, std::string_view reason, std::string_view by,
                 Timestamp now);
  // Remembers that the version must not serve; it is no challenger any more. Throws FailedPrecondition for the
  // champion.
  void refuse(int version, std::string_view reason, std::string_view by, Timestamp now);
  // Why it must not serve; nothing when it may.
  std::optional<std::string> refusal(int version) const;

  // Removes the checkpoint and the archive of prunable_versions() (retention.h) and gives these versions. Each is noted
  // in the history before its files go, so that a missing file is always explained; what a killed prune left to remove
  // the next writer removes. Records, cards, reports and the history stay. Does nothing when there is no registry.
  std::vector<int> prune(std::size_t keep, const std::set<int>& in_use, std::string_view reason, std::string_view by,
                         Timestamp now);

  // Oldest first.
  std::vector<HistoryEntry> history() const;
  // Reads everything: the chain, that it was not cut (aliases.json knows its head), every version's record against its
  // entry, every file's SHA-256, that what is missing was pruned. Throws DataLoss naming the first thing that is wrong.
  void verify() const;
  // What a writer does first: appends entries of versions that were made but not noted, removes what a killed writer
  // left and the files of pruned versions, brings aliases.json up to date. Does nothing when there is no registry.
  void recover(Timestamp now);

 private:
  std::filesystem::path root_;
  std::string model_;
  RegistryOptions options_;
};

// Names of the models that have a folder in the registry, sorted; none when there is no registry.
std::vector<std::string> registered_models(const std::filesystem::path& root);

}  // namespace animalctl::registry
