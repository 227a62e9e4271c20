#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "animalctl/base/digest.h"

namespace animalctl::serve {

// Pictures kept by their content: <folder>/ab/cdef….jpg, where "abcdef…" is the SHA-256 of the bytes and the extension
// says what they are, whatever their sender called them. The same picture is stored once. Thread-safe.
class ImageStore {
 public:
  // Touches nothing yet.
  explicit ImageStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Stores a picture, atomic and durable, and returns its path below the folder ("ab/cdef….jpg"); "" for bytes that are
  // no PNG, JPEG, WebP or BMP, which are not kept. Throws what write_file_atomic() throws.
  std::string store(const Digest& digest, std::span<const std::byte> bytes) const;

 private:
  const std::filesystem::path folder_;
};

}  // namespace animalctl::serve
