#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "animalctl/lake/database.h"

namespace animalctl::lake {

// A run of the training pipeline. States: "running", "canary" (registered, its share of the traffic rises), "promoted",
// "refused" (a gate or the canary said no), "failed" (a step did not work), "superseded".
struct RunRow {
  std::string id;  // "run-000017"
  std::int64_t started_ms = 0;
  std::optional<std::int64_t> finished_ms;
  std::string state;
  std::string model;
  std::int64_t version = 0;            // the version it makes
  std::optional<std::int64_t> parent;  // the champion when it began
  std::string data_digest;             // of names, contents and labels: what was trained on
  std::int64_t labels = 0;             // how many labelled images there were
  std::string reason;                  // why it began; when it is over, how it ended
  std::string detail;                  // JSON
};

// A step of a run. States: "running", "done", "failed".
struct StepRow {
  std::string run;
  std::string step;
  std::string state;
  std::int64_t attempts = 0;
  std::optional<std::int64_t> started_ms;
  std::optional<std::int64_t> finished_ms;
  std::optional<std::int64_t> exit_code;
  std::string detail;  // JSON, or the reason of a failure
};

// Something that was decided, for whoever asks later why.
struct DecisionRow {
  std::int64_t id = 0;
  std::int64_t at_ms = 0;
  std::string run;      // "" when it belongs to none
  std::string kind;     // trigger, gate, canary, promote, rollback, …
  std::string verdict;  // yes, no, wait, …
  std::string reason;   // a sentence
  std::string detail;   // JSON
};

// Runs, their steps and all decisions: the memory of the orchestrator. Not thread-safe. Errors: Database's.
class RunRecords {
 public:
  // Makes the tables when they are not there.
  explicit RunRecords(Database& database);

  // The next free id, "run-000001" first.
  std::string next_run_id();
  void begin_run(const RunRow& run);
  void set_run_state(const std::string& id, const std::string& state, const std::string& reason,
                     std::optional<std::int64_t> finished_ms);
  void set_run_detail(const std::string& id, const std::string& detail);
  std::optional<RunRow> find_run(const std::string& id);
  // Runs that are not over: "running" or "canary", oldest first.
  std::vector<RunRow> open_runs();
  // Newest first.
  std::vector<RunRow> newest_runs(std::size_t limit);
  // The newest run on this data in one of the states; nothing when there is none.
  std::optional<RunRow> newest_run_on(const std::string& data_digest);

  // Sets a step's row, new or not.
  void put_step(const StepRow& step);
  std::optional<StepRow> find_step(const std::string& run, const std::string& step);
  std::vector<StepRow> steps(const std::string& run);

  // Appends; the id is given here.
  void decide(DecisionRow decision);
  // Newest first; of one run when `run` is not "".
  std::vector<DecisionRow> newest_decisions(const std::string& run, std::size_t limit);

 private:
  std::vector<RunRow> runs(const std::string& condition, const Row& parameters);

  Database& database_;
};

}  // namespace animalctl::lake
