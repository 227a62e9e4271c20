#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "animalctl/lake/database.h"
#include "animalctl/lake/run_records.h"
#include "animalctl/orchestrate/settings.h"
#include "animalctl/orchestrate/triggers.h"
#include "animalctl/registry/registry.h"
#include "orchestrate/canary_evidence.h"
#include "orchestrate/canary_state.h"
#include "orchestrate/decisions.h"
#include "orchestrate/run_plan.h"

namespace animalctl::orchestrate {

enum class CanaryEnd : std::uint8_t {
  Waits,       // for requests or time
  Promoted,    // the new version is the champion
  RolledBack,  // it was worse, or was stopped; the champion answers everything
};

// Raises the share of a run's version step by step and judges it at every look. What it has decided is in the run's
// detail before it is carried out: killed anywhere, the next process carries it out. Not thread-safe.
class Canary {
 public:
  // `labels`: what people said of pictures, asked for at every look.
  Canary(const OrchestrateSettings& settings, lake::Database& database, lake::RunRecords& records,
         const registry::ModelRegistry& registry, DecisionLog& decisions, std::function<TimePoint()> now,
         std::function<const LabelledPictures&()> labels);

  // One look: takes in new answers, judges, and goes to the next step, promotes or rolls back. Throws Database's errors
  // and those of the registry and of writing the config.
  CanaryEnd look(const lake::RunRow& run, const std::stop_token& stop);

 private:
  struct Subject;
  bool taken_out_of_hands(Subject& subject);
  void begin_step(Subject& subject, std::int64_t step);
  void apply_share(Subject& subject);
  void judge(Subject& subject);
  CanaryEnd after_judging(Subject& subject);
  CanaryEnd roll_back(Subject& subject, const std::string& reason);
  CanaryEnd carry_out_rollback(Subject& subject);
  CanaryEnd promote(Subject& subject, const std::string& reason);
  void save(Subject& subject);
  std::map<std::string, double> read_counters() const;
  std::int64_t now_ms() const { return to_ms(now_()); }

  const OrchestrateSettings& settings_;
  lake::Database& database_;
  lake::RunRecords& records_;
  const registry::ModelRegistry& registry_;
  DecisionLog& decisions_;
  std::function<TimePoint()> now_;
  std::function<const LabelledPictures&()> labels_;
};

}  // namespace animalctl::orchestrate
