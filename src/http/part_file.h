#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "animalctl/base/digest.h"

namespace animalctl::http {

// Where the bytes of a part came from, kept beside it: they may only be continued from the same.
struct PartOrigin {
  std::string url;
  std::string validator;  // strong entity tag or date of last change, as If-Range wants it; "" when there was none
};

// The growing "<target>.part" of a download and its "<target>.part.json". Held by one process at a time. What has
// bytes survives the object; an empty part does not. Not thread-safe.
class PartFile {
 public:
  // Opens the part or begins one, creating missing folders. Throws Unavailable when another process holds it, and
  // what error_from_errno says when the folder cannot be written.
  explicit PartFile(std::filesystem::path target);
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  std::uint64_t size() const { return size_; }
  const std::filesystem::path& path() const { return path_; }
  // Nothing when it is unknown or unreadable.
  std::optional<PartOrigin> origin() const;

  // Empties the part and notes where the bytes to come are from.
  void restart(const PartOrigin& origin);
  // Throws ResourceExhausted when the disk is full; what was written stays.
  void append(std::string_view bytes);
  // SHA-256 of all that is there.
  Digest digest() const;
  // Makes the part the target, durably.
  void commit();
  // Removes the part.
  void discard();

 private:
  void open_and_lock();

  std::filesystem::path target_;
  std::filesystem::path path_;
  std::filesystem::path origin_path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
  bool exists_ = false;
};

// SHA-256 of a file of any size, read piece by piece.
Digest file_digest(const std::filesystem::path& path);

}  // namespace animalctl::http
