#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <system_error>
#include <vector>

namespace animalctl {

// What the kernel says about a folder that is listened to.
struct FolderNotice {
  enum class Kind {
    Name,   // a file or folder of this name has come, was written, or has left
    Moved,  // the folder itself was moved; it is listened to under its new name until unwatch()
    Gone,   // the folder was removed, or its file system unmounted; nothing more is heard of it
    Lost,   // the kernel's queue was full: anything may have happened, in any of the folders
  };
  Kind kind = Kind::Name;
  int watch = -1;          // which folder, see FolderListener::watch(); -1 with Lost
  std::string name;        // with Name, in the folder
  bool is_folder = false;  // with Name

  // Its path leads to no folder, or to another: look there again.
  bool went() const { return kind == Kind::Moved || kind == Kind::Gone; }
  bool operator==(const FolderNotice&) const = default;
};

// Reads what read(2) gives for an inotify descriptor: struct inotify_event one behind the other, see inotify(7). Bytes
// that are no whole event count as Lost. A folder that is removed is told twice (IN_DELETE_SELF, IN_IGNORED). Throws
// nothing of its own. Thread-safe.
std::vector<FolderNotice> parse_folder_notices(std::span<const char> events);

// Listens to what happens in folders (inotify) while its one user sleeps, who can be woken by a stop or by wake(). The
// kernel may have nothing left to listen with, network file systems tell nothing, and a folder may not be there: then
// watch() says no, and whoever listens looks by himself now and then. Not thread-safe, but for wake().
class FolderListener {
 public:
  // Throws what error_from_errno() gives when the process has no descriptor left to be woken by.
  FolderListener();
  ~FolderListener();
  FolderListener(const FolderListener&) = delete;
  FolderListener& operator=(const FolderListener&) = delete;

  // Set when nothing can be listened to at all, with the reason.
  const std::error_code& deaf() const { return deaf_; }

  // With Heard a file is told when it is made as well, not only when it was written: links come without being written.
  enum class Creations { Ignored, Heard };
  // The number by which notices name this folder; the same one for the same folder. Nothing when it cannot be listened
  // to: there is no such folder, the kernel's limits; `why_not` has the reason.
  std::optional<int> watch(const std::filesystem::path& folder, Creations creations,
                           std::error_code* why_not = nullptr);
  // Nothing more is heard of it. Does nothing for a folder that is not listened to any more.
  void unwatch(int watch);

  // Sleeps until something happened, wake(), a stop, or this time, a day at most; `burst` more once something
  // happened, so that what comes together is told together. In the order it happened; empty: nothing did.
  std::vector<FolderNotice> wait(std::chrono::milliseconds at_most, const std::stop_token& stop = {},
                                 std::chrono::milliseconds burst = std::chrono::milliseconds(0));
  // Ends a wait, or the next one. From any thread.
  void wake();

 private:
  struct Woken {
    bool called = false;  // wake()
    bool heard = false;   // notices can be read
  };
  Woken sleep(std::chrono::milliseconds at_most, bool listening);
  std::vector<FolderNotice> read_notices();

  int wake_ = -1;    // eventfd
  int events_ = -1;  // inotify; -1: deaf
  std::error_code deaf_;
  std::set<int> watches_;
};

}  // namespace animalctl
