#pragma once

#include <cstdint>
#include <vector>

#include "orchestrate/canary_judge.h"

namespace animalctl::orchestrate {

// Times to answer of two versions. What a machine does beside serving slows whole stretches of answers, so neighbours
// are not independent, and one version may have answered more in the bad stretches: a test that takes each answer for a
// draw of its own calls equal versions different. So time is cut into blocks that are long enough to hold answers of
// both, and each block in which both answered gives one difference. Not thread-safe.
class AnswerTimes {
 public:
  // `at_ms`: when the request came; `ms`: the time it took; `slow`: it took longer than it may.
  void add(bool of_challenger, std::int64_t at_ms, double ms, bool slow);
  // Fills in the evidence's latencies.
  void conclude(CanaryEvidence& evidence) const;

 private:
  struct Answer {
    std::int64_t at_ms = 0;
    double log_ms = 0;
    bool slow = false;
    bool of_challenger = false;
  };
  std::int64_t block_ms() const;

  std::vector<Answer> answers_;
  std::int64_t from_ms_ = 0;
  std::int64_t until_ms_ = 0;
  std::int64_t of_challenger_ = 0;
};

}  // namespace animalctl::orchestrate
