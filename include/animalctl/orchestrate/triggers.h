#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "animalctl/orchestrate/settings.h"

namespace animalctl::orchestrate {

using TimePoint = std::chrono::system_clock::time_point;

// What one reason to train says now.
enum class TriggerVerdict : std::uint8_t {
  Fired,   // train
  Quiet,   // not for this reason
  Off,     // not asked for, or nothing to look at
  Blocks,  // do not train now, whatever fired
  Clear,   // does not speak against training
};
std::string_view to_string(TriggerVerdict verdict);

struct Trigger {
  std::string name;       // "first-model", "new-labels", "class-labels", "schedule", "live-accuracy", "drift",
                          // "run-now"; "open-run", "cooldown", "settle", "same-data"
  std::string value;      // as a person reads it
  std::string threshold;  // likewise
  TriggerVerdict verdict = TriggerVerdict::Off;
  std::string reason;  // a sentence
};

struct TriggerReport {
  std::vector<Trigger> triggers;  // always all of them, in the order above
  bool run = false;               // something fired and nothing blocks
  bool requested = false;         // a person asked; cooldown and same data do not block
  std::string reason;             // why, or why not
};

// The version in service.
struct Champion {
  std::int64_t version = 0;
  std::int64_t labels = 0;             // in its data
  std::vector<std::int64_t> by_class;  // empty: not known
  std::optional<double> test_accuracy;
  TimePoint created;
};

// What the drift module and the lake say of the champion's answers.
struct LiveFacts {
  std::string drift_verdict;  // "too-few", "stable", "drifted"; "": not looked at
  std::string drift_reason;
  std::int64_t hits = 0;  // windows that drifted, of the worst input
  std::int64_t looked = 0;
  std::int64_t audited = 0;  // answers that people judged without seeing them, in the newest windows
  std::int64_t audited_right = 0;
  double audited_high = 1;  // upper end of the interval of their accuracy
};

struct LastRun {
  std::string id;
  std::string state;
  TimePoint started;
  std::optional<TimePoint> finished;
};

// Everything that the triggers look at.
struct TriggerFacts {
  TimePoint now;
  std::vector<std::string> classes;
  std::int64_t labelled = 0;
  std::vector<std::int64_t> by_class;
  std::int64_t changed = 0;                    // labels that are new or different since the champion's data
  std::vector<std::int64_t> changed_by_class;  // by what they are now
  std::optional<Champion> champion;
  LiveFacts live;
  std::optional<LastRun> last_run;
  std::int64_t failures = 0;  // runs that failed in a row
  std::optional<std::string> open_run;
  std::chrono::milliseconds settle_wait{0};  // how long more labels are to be waited for
  std::optional<std::string> request;        // what the person wrote who asked for a run
};

// Looks at every trigger but "same-data", which costs reading new frames; add_same_data() does. Pure.
TriggerReport evaluate_triggers(const TriggerFacts& facts, const TriggerSettings& settings);

// A run on the same data that has come to an end already.
struct SameData {
  std::string run;
  std::string state;   // "promoted", "refused", …
  std::string reason;  // how it ended
};
// Adds the last trigger; `same` is nothing when no run has seen this data, or nobody looked (`looked` false).
void add_same_data(TriggerReport& report, const std::optional<SameData>& same, bool looked);

}  // namespace animalctl::orchestrate
