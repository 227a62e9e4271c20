#pragma once

#include <vector>

#include "animalctl/orchestrate/settings.h"
#include "animalctl/stats/sequential.h"
#include "orchestrate/canary_state.h"

namespace animalctl::orchestrate {

// What both versions have shown since the step began.
struct CanaryEvidence {
  ProportionCounts champion_errors;  // failed requests, by serve's own account
  ProportionCounts challenger_errors;
  // Of blocks of time in which both answered (orchestrate/answer_times.h):
  RunningMoments champion_log_ms;  // mean natural logarithm of the time to answer
  RunningMoments challenger_log_ms;
  RunningMoments latency_rise;   // the challenger's less the champion's
  RunningMoments champion_slow;  // share of answers slower than CanaryState::slow_ms
  RunningMoments challenger_slow;
  RunningMoments slow_rise;          // the challenger's less the champion's
  RunningMoments score_shift;        // new score less the champion's, on the same request
  ProportionCounts disagreement;     // requests that both answered: with different classes
  RunningMoments accuracy_loss;      // on labelled pictures that both answered: champion right less challenger right
  std::uint64_t champion_right = 0;  // of these
  std::uint64_t challenger_right = 0;
};

// Judges every measure: "worse" when the difference is at least its bound and the always-valid p (mSPRT,
// stats/sequential.h) is at most alpha, so that looking every second costs no false alarms; "few" while there is too
// little to look at. `before`: the measures of the look before, whose p-values are gone on with. Pure.
std::vector<CanaryMeasure> judge_canary(const CanaryEvidence& evidence, const CanarySettings& settings,
                                        const std::vector<CanaryMeasure>& before);

// A sentence about those that are worse; "" when none is.
std::string breach_of(const std::vector<CanaryMeasure>& measures);

}  // namespace animalctl::orchestrate
