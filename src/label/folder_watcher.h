#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "animalctl/base/folder_listener.h"
#include "label/folder_examination.h"
#include "label/workspace.h"

namespace animalctl::label {

// Listens to the kernel for what happens in the folders (FolderListener) and reports the names in bundles: a quarter of
// a second after the first of them at the latest. Where the kernel cannot listen (its limits are used up) the folders
// are looked through twice a minute instead. A folder that is moved away or removed is looked for twice a second;
// what is at its path then is listened to instead. Sleeps while nothing happens.
class FolderWatcher {
 public:
  // What happened. `everything`: events were lost, so anything may have changed. Called on the watcher's thread, one
  // call at a time. False: it could not be dealt with; told again two seconds later.
  using Report = std::function<bool(FolderChanges changes, bool everything)>;

  // Events from the construction on are heard, and reported from start() on.
  explicit FolderWatcher(Workspace& workspace);
  // Ends after the report that is being made.
  ~FolderWatcher() = default;
  FolderWatcher(const FolderWatcher&) = delete;
  FolderWatcher& operator=(const FolderWatcher&) = delete;

  // `everything_first`: begins with a report of everything.
  void start(Report report, bool everything_first);

 private:
  using Clock = std::chrono::steady_clock;
  struct Pending {
    FolderChanges changes;
    bool everything = false;
    Clock::time_point due = Clock::time_point::max();  // max(): nothing waits
  };

  void listen();
  void find_folders(Pending& pending);
  std::optional<int> listen_to(const std::filesystem::path& folder, FolderListener::Creations creations);
  void stop_listening();
  void loop(const std::stop_token& stop);
  void note(const FolderNotice& notice, Pending& pending);
  void deliver(Pending& pending);

  Workspace& workspace_;
  FolderListener listener_;
  bool listens_ = false;
  bool lost_ = false;  // a folder has left its path
  std::optional<int> frames_;
  std::optional<int> trash_;
  std::optional<int> annotations_;
  Report report_;
  bool everything_first_ = false;
  std::jthread thread_;  // last: it ends before what it uses
};

}  // namespace animalctl::label
