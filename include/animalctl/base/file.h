#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace animalctl {

using Bytes = std::vector<std::byte>;

// Reads a whole regular file. Throws NotFound, InvalidArgument (a folder), or ResourceExhausted
// when the file is larger than `max_bytes`, before reading any of it.
Bytes read_file(const std::filesystem::path& path, std::uint64_t max_bytes = std::uint64_t{4} << 30);

// The same as text; no encoding is checked.
std::string read_text_file(const std::filesystem::path& path, std::uint64_t max_bytes = std::uint64_t{64} << 20);

// Writes a file in one durable step: a temporary file beside the target, fsync, rename over the
// target, fsync of the folder. Until commit() the target is untouched; without commit() the
// temporary file is removed. Missing parent folders are created. Not thread-safe.
class AtomicFile {
 public:
  // `mode`: who may read and write it, from its first byte on, less the process's umask.
  // Throws when the temporary file cannot be created (unwritable folder, full disk, …).
  explicit AtomicFile(std::filesystem::path target, unsigned int mode = 0644);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  // Appends bytes. Throws ResourceExhausted when the disk is full.
  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);

  // Makes the content the target's. To be called once, last.
  void commit();

  // The steps of commit(), for many files at once (base/file_group.h): the content is durable under the temporary name;
  // the target has it. The folder is to be synced after that.
  void sync();
  void replace_target();

 private:
  std::filesystem::path target_;
  std::filesystem::path temporary_;
  int descriptor_ = -1;
};

// AtomicFile for content that is at hand.
void write_file_atomic(const std::filesystem::path& target, std::span<const std::byte> bytes);
void write_file_atomic(const std::filesystem::path& target, std::string_view text);

// Makes the names in a folder durable, where the file system can.
void sync_folder(const std::filesystem::path& folder);

// Creates a folder and its parents; throws FailedPrecondition when it cannot or a file is in the way.
void create_folders(const std::filesystem::path& folder);

// View helpers between the byte types that libraries use.
std::span<const std::byte> as_byte_span(std::string_view text);
std::string_view as_text(std::span<const std::byte> bytes);

}  // namespace animalctl
