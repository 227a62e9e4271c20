#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "animalctl/orchestrate/triggers.h"

namespace animalctl::orchestrate {

// Labels come in bursts: a person sits down and labels hundreds. This says how long a watcher should wait for the rest
// before it trains. Not thread-safe.
class LabelBurst {
 public:
  // A burst that never pauses is waited for so many times the pause, no longer.
  static constexpr int kLongest = 20;

  // `revision`: a number that rises with every new label. The first one seen begins no burst: nobody knows when those
  // labels came.
  void saw(std::uint64_t revision, TimePoint now) {
    if (revision == revision_) return;
    if (revision_) {
      newest_ = now;
      if (!began_) began_ = now;
    }
    revision_ = revision;
  }

  // Time until `pause` has passed without a label; 0: none is to be waited for.
  std::chrono::milliseconds wait(TimePoint now, std::chrono::milliseconds pause) {
    if (!began_) return std::chrono::milliseconds(0);
    const TimePoint end = std::min(newest_ + pause, *began_ + kLongest * pause);
    if (end <= now) {
      // What comes after a pause is a burst of its own; one that was cut short goes on counting from here.
      began_.reset();
      return std::chrono::milliseconds(0);
    }
    return std::chrono::ceil<std::chrono::milliseconds>(end - now);
  }

 private:
  std::optional<std::uint64_t> revision_;
  std::optional<TimePoint> began_;
  TimePoint newest_;
};

}  // namespace animalctl::orchestrate
