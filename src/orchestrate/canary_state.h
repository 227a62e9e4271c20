#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace animalctl::orchestrate {

// What was found of one thing that a new version is judged by.
struct CanaryMeasure {
  std::string name;  // "errors", "latency", "slow", "score-shift", "disagreement", "accuracy"
  double champion = 0;
  double challenger = 0;
  double difference = 0;  // how much worse; negative: better
  double bound = 0;       // of the difference
  double p_value = 1;     // always valid: the smallest over all looks of this step
  std::uint64_t count = 0;
  std::string verdict;  // "few", "fine", "worse"
};

// How far a canary is: in the run's detail, so that a new process goes on with it and the page shows it.
struct CanaryState {
  std::int64_t step = -1;  // index into the settings' steps; −1: not begun
  double share = 0;        // of the requests
  std::int64_t step_started_ms = 0;
  bool applied = false;                    // the share is in the file that serve follows
  std::int64_t requests = 0;               // the new version's answers in this step
  double slow_ms = 0;                      // what counts as slow; 0: not settled yet
  std::map<std::string, double> counters;  // of serve's metrics at the start of the step
  std::vector<CanaryMeasure> measures;
  std::string verdict;  // "": under way; "rollback": decided, to be carried out
  std::string reason;   // of the verdict
};

std::string format_canary(const CanaryState& state);
// "" is a canary that has not begun. Throws DataLoss naming the run.
CanaryState parse_canary(std::string_view text, const std::string& run);

}  // namespace animalctl::orchestrate
