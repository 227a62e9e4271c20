#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "animalctl/lake/run_records.h"
#include "animalctl/orchestrate/settings.h"
#include "animalctl/orchestrate/triggers.h"
#include "animalctl/registry/registry.h"
#include "orchestrate/decisions.h"
#include "orchestrate/gates.h"
#include "orchestrate/pipeline_steps.h"

namespace animalctl::orchestrate {

// What became of a run.
enum class RunEnd : std::uint8_t {
  Promoted,  // the new version is the champion
  Canary,    // registered; its share of the traffic rises from now on
  Refused,   // a gate said no, or nothing can be said
  Failed,    // a step did not work
};

// Takes a run from its first step that is not done to its end. What is done is in the lake and the run's folder only,
// so that it may be killed anywhere and gone on with by another process. Not thread-safe.
class Pipeline {
 public:
  Pipeline(const OrchestrateSettings& settings, lake::RunRecords& records, const registry::ModelRegistry& registry,
           StepRunner& runner, DecisionLog& decisions, std::function<TimePoint()> now);

  // Throws Cancelled when `stop` is requested; the run is gone on with later.
  RunEnd advance(const lake::RunRow& run, const std::stop_token& stop);

 private:
  struct Attempt;
  bool do_step(const PipelineStep& step, const StepTools& tools, std::string& failure);
  bool try_step(const PipelineStep& step, const StepTools& tools, Attempt& attempt);
  std::vector<Gate> note_gates(const PipelineStep& step, const StepTools& tools);
  RunEnd release(const StepTools& tools, const std::vector<Gate>& gates);
  RunEnd end_run(const lake::RunRow& run, RunEnd end, const std::string& reason);
  std::int64_t now_ms() const;

  const OrchestrateSettings& settings_;
  lake::RunRecords& records_;
  const registry::ModelRegistry& registry_;
  StepRunner& runner_;
  DecisionLog& decisions_;
  std::function<TimePoint()> now_;
};

}  // namespace animalctl::orchestrate
