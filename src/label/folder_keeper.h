#pragma once

#include <atomic>
#include <memory>

#include "label/folder_watcher.h"
#include "label/label_writer.h"

namespace animalctl::label {

// Keeps the index true to the folders while the store is open: passes what the watcher hears on to the writer, in
// portions between which labels are saved. To be destroyed before the writer.
class FolderKeeper {
 public:
  FolderKeeper(StoreState& state, const Workspace& workspace, LabelWriter& writer);
  ~FolderKeeper() { stop(); }
  FolderKeeper(const FolderKeeper&) = delete;
  FolderKeeper& operator=(const FolderKeeper&) = delete;

  // Looks at both folders now and waits until the index is in line with them. Throws as Workspace and lake::Database.
  void look_at_everything();
  // From now on follows the watcher; `everything_first`: after looking at everything, on the watcher's thread.
  void follow(std::unique_ptr<FolderWatcher> watcher, bool everything_first);
  void stop();

 private:
  bool report(FolderChanges changes, bool everything);
  void examine_in_portions(FolderChanges changes);

  StoreState& state_;
  const Workspace& workspace_;
  LabelWriter& writer_;
  std::atomic<bool> closing_ = false;
  std::unique_ptr<FolderWatcher> watcher_;
};

}  // namespace animalctl::label
