#pragma once

#include <memory>
#include <string>

#include "animalctl/base/file.h"
#include "animalctl/lake/run_records.h"
#include "animalctl/orchestrate/orchestrator.h"
#include "animalctl/registry/registry.h"
#include "orchestrate/decisions.h"
#include "orchestrate/fake_steps.h"
#include "orchestrate/pipeline.h"
#include "orchestrate/run_plan.h"
#include "support/temporary_folder.h"

namespace animalctl::test {

// A workspace with three labelled frames, a lake and a registry; pipelines are made over it as often as one likes, as
// after a kill.
struct PipelineFixture {
  PipelineFixture() {
    orchestrate::Places& places = settings.places;
    for (std::filesystem::path* path :
         {&places.frames_dir, &places.annotations_dir, &places.data_dir, &places.registry_dir, &places.model_store,
          &places.canary_config, &places.runs_dir, &places.log_dir, &places.sink_dir}) {
      *path = folder.path() / *path;
    }
    places.database = "sqlite:" + (folder / "lake.db").string();
    settings.gates.golden_requests = 0;
    for (const char* name : {"a", "b", "c"}) {
      write_file_atomic(places.frames_dir / (std::string(name) + ".png"), name);
      write_file_atomic(places.annotations_dir / (std::string(name) + ".json"), R"({"label": "CAT"})");
    }
    database = lake::Database::open(places.database);
    records = std::make_unique<lake::RunRecords>(*database);
  }

  orchestrate::TimePoint now() const { return orchestrate::from_ms(clock_ms); }

  registry::ModelRegistry registry() const { return {settings.places.registry_dir, settings.places.model}; }

  // A new run, as the orchestrator writes it down.
  lake::RunRow begin() {
    lake::RunRow run;
    run.id = records->next_run_id();
    run.started_ms = clock_ms;
    run.state = "running";
    run.model = settings.places.model;
    run.version = registry().next_version();
    run.data_digest = "digest of " + run.id;
    run.labels = 3;
    run.reason = "a test";
    orchestrate::RunPlan plan;
    plan.trigger = run.reason;
    plan.by_class = {3, 0};
    if (const auto champion = registry().aliases().champion) {
      run.parent = *champion;
      plan.parent_model = registry().file(*champion, "checkpoint");
      plan.parent_architecture = registry().find(*champion)->architecture;
      plan.parent_classes = registry().find(*champion)->classes;
    }
    run.detail = orchestrate::format_plan(plan);
    records->begin_run(run);
    return run;
  }

  orchestrate::RunEnd advance(const lake::RunRow& run, const std::stop_token& stop = {}) {
    const auto clock = [this] { return now(); };
    orchestrate::DecisionLog decisions(*records, clock, {});
    const registry::ModelRegistry versions = registry();
    orchestrate::Pipeline pipeline(settings, *records, versions, steps, decisions, clock);
    return pipeline.advance(run, stop);
  }

  std::string state(const lake::RunRow& run) { return records->find_run(run.id)->state; }

  TemporaryFolder folder;
  orchestrate::OrchestrateSettings settings;
  std::unique_ptr<lake::Database> database;
  std::unique_ptr<lake::RunRecords> records;
  FakeSteps steps;
  std::int64_t clock_ms = 1'000'000;
};

}  // namespace animalctl::test
