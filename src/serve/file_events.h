#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "animalctl/base/folder_listener.h"

namespace animalctl::serve {

// What tells one content of a file from the next without reading it.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t bytes = 0;
  std::int64_t modified_ns = 0;
  bool operator==(const FileIdentity&) const = default;
};
// Nothing when there is no such file or folder.
std::optional<FileIdentity> file_identity(const std::filesystem::path& file);

// Hears from the kernel that something has happened in the folder of a file (see FolderListener). It says no more than
// that: whoever listens looks at the file himself, and does so now and then without having heard anything, because
// network file systems say nothing, and a folder may not be there yet. One listener; wake() is for any thread.
class FileEvents {
 public:
  // Throws what error_from_errno gives when the process has no descriptor left.
  explicit FileEvents(const std::filesystem::path& file);

  // Returns when something has happened in the folder, at wake(), or after this time.
  void wait(std::chrono::milliseconds at_most);
  void wake() { listener_.wake(); }

 private:
  const std::filesystem::path folder_;
  FolderListener listener_;
  std::optional<int> watch_;  // nothing: the folder is not listened to, tried again at each wait
};

}  // namespace animalctl::serve
