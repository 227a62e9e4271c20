#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "animalctl/lake/predictions.h"
#include "orchestrate/canary_judge.h"

namespace animalctl::orchestrate {

// Which answers are looked at.
struct CanaryWindow {
  std::string model;
  std::int64_t champion = 0;  // versions
  std::int64_t challenger = 0;
  std::int64_t from_ms = 0;
  bool shadow = false;  // the challenger answers nobody yet: its times are those of its shadow answers
  double slow_ms = 0;   // 0: not settled yet
};

// A picture's class by people: SHA-256 in hexadecimal → name in upper case.
using LabelledPictures = std::unordered_map<std::string, std::string>;

// Counts the newest 20,000 answers of the window, and pairs those that both versions gave to one request. Everything
// but the errors.
CanaryEvidence read_evidence(lake::Predictions& predictions, const CanaryWindow& window,
                             const LabelledPictures& labels);

// The new version's answers in the window, shadow ones too.
std::int64_t challenger_answers(lake::Predictions& predictions, const CanaryWindow& window);

// The time that 99 of 100 answers of the champion in the window take, times `ratio`; 0 while there are under 100.
double settle_slow_ms(lake::Predictions& predictions, const CanaryWindow& window, double ratio);

// Requests of each version and failed ones, from serve's /metrics (Prometheus text): "2 requests", "2 errors" → count.
// Failed: status 500 or more. Lines that are something else are passed over.
std::map<std::string, double> parse_version_counters(std::string_view text, std::string_view model);

// The errors since the step began: `now` less `before`, both of parse_version_counters(). A server that was started
// again counts from 0.
ProportionCounts error_counts(const std::map<std::string, double>& before, const std::map<std::string, double>& now,
                              std::int64_t version);

}  // namespace animalctl::orchestrate
