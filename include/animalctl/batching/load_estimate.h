#pragma once

#include <array>
#include <cstddef>

#include "animalctl/batching/batch_policy.h"

namespace animalctl::batching {

// Moving averages of what was measured: how quickly jobs become ready and how long runs take. Not thread-safe.
class LoadEstimate {
 public:
  void became_ready(Clock::time_point now);
  void ran(std::size_t batch, Clock::duration duration);

  // Mean time between jobs; very long before two have come.
  Clock::duration gap() const { return gap_; }
  // Of a run of `batch` jobs; a size that was not seen yet is taken from the nearest smaller one in proportion, or from
  // the nearest greater one as it is. 0 before the first run.
  Clock::duration inference(std::size_t batch) const;

 private:
  static constexpr std::size_t kSizes = 64;  // greater batches count as this one
  static std::size_t index_of(std::size_t batch);

  bool any_ready_ = false;
  Clock::time_point last_ready_{};
  Clock::duration gap_ = std::chrono::hours(1);
  std::array<Clock::duration, kSizes + 1> runs_{};
};

}  // namespace animalctl::batching
