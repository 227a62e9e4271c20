#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "animalctl/base/digest.h"

namespace animalctl {

// A frame whose content is known.
struct StoredFrame {
  std::string name;
  bool from_this_run = false;
  int label = -1;  // of this run
};

// What is in a workspace while images are added: which stems are taken, and which contents are there.
// Not thread-safe.
class FrameStore {
 public:
  // Lists both folders; missing ones are empty.
  FrameStore(const std::filesystem::path& frames_dir, const std::filesystem::path& annotations_dir);

  // The frame with this content, or nothing. Only frames of the same size are ever read.
  std::optional<StoredFrame> find(const Digest& digest, std::uint64_t size);

  // The name to store a new frame under: stem + extension when neither a frame nor an annotation has the
  // stem, else with the first free suffix: cat.12-1.jpg.
  std::string free_name(std::string_view stem, std::string_view extension);

  // Remembers a frame that was added in this run.
  void add(const Digest& digest, const std::string& name, int label);

 private:
  void hash_frames_of(std::uint64_t size);

  std::filesystem::path frames_dir_;
  std::unordered_set<std::string> stems_;
  std::unordered_map<std::string, unsigned> next_suffix_;
  std::unordered_map<std::uint64_t, std::vector<std::string>> unread_by_size_;
  std::unordered_map<Digest, StoredFrame> by_content_;
};

}  // namespace animalctl
