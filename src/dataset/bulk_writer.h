#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace animalctl {

// Writes many new files into two folders so that each appears whole or not at all, without an fsync for
// each: files are gathered under temporary names, the file systems are synced once, then all are renamed,
// frames before annotations. What was not flushed is removed by the destructor. Not thread-safe.
class BulkWriter {
 public:
  // Creates the folders.
  BulkWriter(std::filesystem::path frames_dir, std::filesystem::path annotations_dir);
  ~BulkWriter();
  BulkWriter(const BulkWriter&) = delete;
  BulkWriter& operator=(const BulkWriter&) = delete;

  void add_frame(const std::string& name, std::span<const std::byte> bytes);
  // Links `source` instead: hard, or symbolic where the file system refuses.
  void link_frame(const std::string& name, const std::filesystem::path& source);
  void add_annotation(const std::string& name, std::string_view text);

  // Makes all that was added visible and durable.
  void flush();

 private:
  struct Pending {
    std::filesystem::path temporary;
    std::filesystem::path target;
  };

  std::filesystem::path frames_dir_;
  std::filesystem::path annotations_dir_;
  std::vector<Pending> frames_;
  std::vector<Pending> annotations_;
  std::size_t named_ = 0;
};

}  // namespace animalctl
