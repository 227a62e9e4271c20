#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"

namespace animalctl {

// Files that become durable together, each as AtomicFile would write it: all are written beside their targets first,
// then made durable (many at once by syncfs(), one commit of the file system instead of one a file), renamed, and each
// folder is synced once. Files that were added and not committed leave nothing behind. Holds one open file each: a
// group should have dozens, not thousands. Not thread-safe.
class FileGroup {
 public:
  // Writes the content beside its target. A target that is in the group already is passed over. Throws as AtomicFile.
  void add(const std::filesystem::path& target, std::span<const std::byte> bytes);
  bool has(const std::filesystem::path& target) const { return targets_.contains(target); }
  std::size_t size() const { return files_.size(); }

  struct Failure {
    std::filesystem::path target;
    Error error;
  };
  // Puts all in place and empties the group; returns those that could not be, whose targets are as they were.
  std::vector<Failure> commit();

 private:
  struct Entry {
    std::filesystem::path target;
    std::unique_ptr<AtomicFile> file;
  };
  std::vector<Entry> files_;
  std::set<std::filesystem::path> targets_;
};

}  // namespace animalctl
