#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>

#include "label/folder_examination.h"
#include "label/workspace.h"

namespace animalctl::label {

// Listens to the kernel for what happens in the folders (inotify, see inotify(7)) and reports the names in bundles: a
// quarter of a second after the first of them at the latest. Where the kernel cannot listen (its limits are used up)
// the folders are looked through twice a minute instead. Sleeps while nothing happens.
class FolderWatcher {
 public:
  // What happened. `everything`: events were lost, so anything may have changed. Called on the watcher's thread, one
  // call at a time. False: it could not be dealt with; told again two seconds later.
  using Report = std::function<bool(FolderChanges changes, bool everything)>;

  // Events from the construction on are heard, and reported from start() on.
  explicit FolderWatcher(const Workspace& workspace);
  ~FolderWatcher();
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

  void listen(const Workspace& workspace);
  void add_watch(const std::filesystem::path& folder, int& watch, std::uint32_t more_events);
  void loop();
  // False when it is to end.
  bool wait(Clock::time_point until);
  void read_events(Pending& pending);
  void note(int watch, std::uint32_t mask, const std::string& name, Pending& pending);
  void deliver(Pending& pending);

  Descriptor events_;
  Descriptor stop_;
  int frames_ = -1;
  int trash_ = -1;
  int annotations_ = -1;
  Report report_;
  bool everything_first_ = false;
  std::thread thread_;
};

}  // namespace animalctl::label
