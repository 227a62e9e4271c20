#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "label/frame_table.h"

namespace animalctl::label {

// Which images changed when: the newest changes under rising numbers. Not thread-safe.
class ChangeFeed {
 public:
  // Begins at a random number, so that one of another process is hardly ever taken for one of this.
  ChangeFeed();

  std::uint64_t sequence() const { return sequence_; }
  void note(FrameId id);

  struct Since {
    std::uint64_t sequence = 0;  // of the last one told; the newest when nothing follows
    std::vector<FrameId> frames;
    bool more = false;
    bool forgotten = false;
  };
  Since since(std::uint64_t sequence, std::size_t limit) const;

 private:
  struct Entry {
    std::uint64_t sequence = 0;
    FrameId id = 0;
  };
  std::uint64_t start_ = 0;
  std::uint64_t sequence_ = 0;
  std::deque<Entry> entries_;
  std::unordered_map<FrameId, std::uint64_t> newest_;  // of those in entries_
};

}  // namespace animalctl::label
