#pragma once

#include <chrono>
#include <filesystem>
#include <string_view>

#include "animalctl/registry/version_record.h"

namespace animalctl::registry {

// The one writer of a model's registry: an exclusive flock on <folder>/.lock, held to the end of the scope. The kernel
// drops it when the process dies. Throws Unavailable when another holds it for longer than `timeout`.
class WriterLock {
 public:
  WriterLock(const std::filesystem::path& folder, std::chrono::milliseconds timeout);
  ~WriterLock();
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;

 private:
  int descriptor_ = -1;
};

// Copies a regular file, durably; gives its size and SHA-256. Throws NotFound, InvalidArgument (no regular file).
VersionFile copy_durably(const std::filesystem::path& source, const std::filesystem::path& target);
// The size and SHA-256 of a file.
VersionFile examine_file(const std::filesystem::path& path);
// Appends to a file that ends with a newline or does not exist; what stands after its last newline is cut off first.
void append_line_durably(const std::filesystem::path& path, std::string_view line);
void sync_folder_durably(const std::filesystem::path& folder);

}  // namespace animalctl::registry
