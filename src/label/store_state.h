#pragma once

#include <mutex>
#include <shared_mutex>
#include <utility>

#include "animalctl/dataset/class_list.h"
#include "label/change_feed.h"
#include "label/frame_table.h"
#include "label/label_statistics.h"
#include "label/stem_table.h"

namespace animalctl::label {

// What readers and the writer share. A writer in waiting holds back new readers, so that constant reading cannot starve
// it. Nobody waits for a disk while holding either lock.
class StoreState {
 public:
  explicit StoreState(ClassList class_list) : classes(std::move(class_list)) {}

  std::shared_lock<std::shared_mutex> read() const {
    const std::lock_guard turn(turn_);
    return std::shared_lock(lock_);
  }
  std::unique_lock<std::shared_mutex> write() {
    const std::lock_guard turn(turn_);
    return std::unique_lock(lock_);
  }

  const ClassList classes;
  // Guarded by the lock.
  FrameTable table;
  StemTable stems{table};
  ChangeFeed feed;
  LabelStatistics statistics;

 private:
  mutable std::mutex turn_;
  mutable std::shared_mutex lock_;
};

}  // namespace animalctl::label
