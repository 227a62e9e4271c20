#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "dataset/frame_check.h"

namespace animalctl {

// What of a file changes when its content does.
struct FileStamp {
  std::uint64_t bytes = 0;
  std::int64_t modified_ns = 0;  // since 1970
  std::int64_t changed_ns = 0;   // likewise, of the inode: also when somebody sets the time above
  std::uint64_t inode = 0;
  bool operator==(const FileStamp&) const = default;
};

// Nothing when there is no such file, or it changed within the last two seconds before `now_ns`: another change at the
// same tick of the file system's clock could not be told.
std::optional<FileStamp> stamp_of(const std::filesystem::path& path, std::int64_t now_ns);

// One frame that was read and decoded.
struct CheckedFrame {
  std::string name;
  FileStamp stamp;
  FrameCheck check;
};

// What dataset-check found of frames that could be decoded, kept in a file (docs/formats/dataset-check.md), so that the
// next check reads only files that are new or have changed. find() is thread-safe.
class CheckCache {
 public:
  // "": none. A file that is missing, garbled or of another program's version is an empty cache.
  explicit CheckCache(std::filesystem::path file);

  // What was found of the frame when it had this stamp.
  const FrameCheck* find(const std::string& name, const FileStamp& stamp) const;
  // Replaces all there is, unless it is the same. A file that cannot be written is told in the log.
  void replace(std::vector<CheckedFrame> frames);

 private:
  void read();

  const std::filesystem::path file_;
  std::unordered_map<std::string, CheckedFrame> frames_;
};

}  // namespace animalctl
