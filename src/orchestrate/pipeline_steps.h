#pragma once

#include <filesystem>
#include <span>
#include <stop_token>
#include <string>

#include "animalctl/lake/run_records.h"
#include "animalctl/orchestrate/settings.h"
#include "orchestrate/run_folder.h"
#include "orchestrate/run_plan.h"
#include "orchestrate/step_runner.h"

namespace animalctl::orchestrate {

// What a step works with.
struct StepTools {
  const OrchestrateSettings& settings;
  const lake::RunRow& run;
  const RunPlan& plan;
  const RunFolder& folder;
  StepRunner& runner;
  std::stop_token stop;
  bool failed_before;  // an earlier attempt of this step failed (not: was interrupted)

  // "animal-3": name of the run's checkpoint.
  std::string model_name() const;
  // "cat,dog"
  std::string class_list() const;
  // The checkpoint that the step "train" made.
  std::filesystem::path checkpoint() const;
  bool has_parent() const { return !plan.parent_model.empty(); }
};

// A step of the pipeline: fills `work`, an empty folder that becomes the step's when it returns, from the folders of
// the steps before it. What it judges lies in gates.json there. Doing it again gives the same. Throws what
// StepRunner::run() throws, DataLoss for results without what is needed.
struct PipelineStep {
  const char* name;
  bool keeps_work;  // an interrupted attempt's folder is gone on with
  void (*work)(const StepTools& tools, const std::filesystem::path& work);
};

// check, split, train, evaluate, validate, report, archive, golden: in this order.
std::span<const PipelineStep> pipeline_steps();

}  // namespace animalctl::orchestrate
