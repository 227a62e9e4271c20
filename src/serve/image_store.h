#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "animalctl/base/digest.h"
#include "animalctl/base/file_group.h"

namespace animalctl::serve {

// Pictures kept by their content: <folder>/ab/cdef….jpg, where "abcdef…" is the SHA-256 of the bytes and the extension
// says what they are, whatever their sender called them. The same picture is stored once. Thread-safe.
class ImageStore {
 public:
  // Touches nothing yet.
  explicit ImageStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Adds a picture to `files` unless it is stored already, and returns its path below the folder ("ab/cdef….jpg"); ""
  // for bytes that are no PNG, JPEG, WebP or BMP, which are not kept. Throws what FileGroup::add() throws.
  std::string store(const Digest& digest, std::span<const std::byte> bytes, FileGroup& files) const;
  const std::filesystem::path& folder() const { return folder_; }

 private:
  const std::filesystem::path folder_;
};

}  // namespace animalctl::serve
