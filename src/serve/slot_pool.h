#pragma once

#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "animalctl/base/error.h"
#include "animalctl/batching/job_line.h"

namespace animalctl::serve {

// One request's image on its way through the network: what it is prepared into and what comes out.
struct Slot : batching::Job {
  std::vector<float> input;
  std::vector<float> output;
  std::optional<Error> failure;
};

// The slots of one version: made when they are first needed, never freed before the version is, used again from the
// top, so that a quiet server touches the same memory all the time. There are never more than jobs that are
// accepted or running. Thread-safe.
class SlotPool {
 public:
  SlotPool(std::size_t input_size, std::size_t output_size) : input_size_(input_size), output_size_(output_size) {}

  // A slot with room for one input and output; what was in them is still there.
  Slot& take();
  void give_back(Slot& slot);

 private:
  const std::size_t input_size_;
  const std::size_t output_size_;
  std::mutex mutex_;
  std::deque<Slot> slots_;   // guarded by mutex_
  std::vector<Slot*> free_;  // guarded by mutex_
};

}  // namespace animalctl::serve
