#pragma once

#include <functional>
#include <string>

#include "animalctl/lake/run_records.h"
#include "animalctl/orchestrate/triggers.h"

namespace animalctl::orchestrate {

// One decision: a row of the lake, a line of the log, and a call of whoever wants to be told (the webhook).
class DecisionLog {
 public:
  using Tell = std::function<void(const lake::DecisionRow&)>;

  // `tell` may be empty; it must not wait.
  DecisionLog(lake::RunRecords& records, std::function<TimePoint()> now, Tell tell);

  // `name` tells decisions of one kind in one run apart (a gate, a step of the canary): a second one with the same
  // (run, kind, name) changes nothing, so that work that is done again after a kill decides once. "" always appends.
  // `detail`: JSON object, may be "".
  void decide(const std::string& run, const std::string& kind, const std::string& name, const std::string& verdict,
              const std::string& reason, const std::string& detail = "");

 private:
  bool known(const std::string& run, const std::string& kind, const std::string& name) const;

  lake::RunRecords& records_;
  std::function<TimePoint()> now_;
  Tell tell_;
};

std::int64_t to_ms(TimePoint time);
TimePoint from_ms(std::int64_t at_ms);

}  // namespace animalctl::orchestrate
