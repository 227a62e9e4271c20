#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <stop_token>

#include "animalctl/base/folder_listener.h"
#include "orchestrate/label_inventory.h"

namespace animalctl::orchestrate {

// Hears from the kernel (FolderListener) what happens in the two folders while the caller sleeps. Where the kernel
// cannot listen every wait of over 30 s reports everything. Not thread-safe.
class FolderEvents {
 public:
  // Events from here on are heard. Folders that do not exist are listened to once they do.
  FolderEvents(std::filesystem::path frames_dir, std::filesystem::path annotations_dir);

  // Sleeps until something happened (and 200 ms more, so that a burst is one), the time is over, or a stop is
  // requested; what happened is returned.
  FolderNews wait(std::chrono::milliseconds most, const std::stop_token& stop);

 private:
  void listen(FolderNews& news);
  void note(const FolderNotice& notice, FolderNews& news);

  std::filesystem::path frames_dir_;
  std::filesystem::path annotations_dir_;
  FolderListener listener_;
  std::optional<int> frames_watch_;  // nothing: not listened to, tried again at each wait
  std::optional<int> annotations_watch_;
  std::chrono::steady_clock::time_point looked_;
};

}  // namespace animalctl::orchestrate
