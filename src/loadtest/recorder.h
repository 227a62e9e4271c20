#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "animalctl/loadtest/load_report.h"
#include "animalctl/loadtest/load_test.h"

namespace animalctl::loadtest {

// Turns the outcomes of requests into a report. Times count from the start of the run. Not thread-safe.
class Recorder {
 public:
  using Duration = std::chrono::nanoseconds;

  // The measured window, from the end of the warm-up.
  Recorder(Duration window_begin, Duration window_end, std::optional<GiveUp> give_up);

  // A request due at `due` was answered at `now`.
  void answered(Duration due, Duration now, int status);
  void failed(Duration due, FailureKind kind);
  void lagged(Duration lag);

  // True once the outcome is known in the sense of GiveUp.
  bool should_give_up() const { return give_up_ && late_ > give_up_->count; }
  bool in_window(Duration due) const { return due >= window_begin_; }

  LoadReport& report() { return report_; }
  // Closes the window; `ended_early`: at the last answer rather than at its planned end.
  LoadReport finish(bool ended_early);

 private:
  Duration window_begin_;
  Duration window_end_;
  std::optional<GiveUp> give_up_;
  std::uint64_t late_ = 0;
  Duration last_answer_{0};
  LoadReport report_;
};

}  // namespace animalctl::loadtest
