#include "animalctl/orchestrate/orchestrator.h"

#include <fmt/core.h>
#include <malloc.h>

#include <algorithm>

#include <optional>
#include <set>
#include <utility>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/log.h"
#include "animalctl/lake/run_records.h"
#include "animalctl/orchestrate/cron.h"
#include "orchestrate/canary.h"
#include "orchestrate/decisions.h"
#include "orchestrate/folder_events.h"
#include "orchestrate/notifier.h"
#include "orchestrate/observer.h"
#include "orchestrate/pipeline.h"
#include "orchestrate/run_retention.h"
#include "orchestrate/workspace_lock.h"

namespace animalctl::orchestrate {
namespace {

namespace fs = std::filesystem;

constexpr auto kCanaryPause = std::chrono::milliseconds(1000);

World complete(World world) {
  if (!world.now) world.now = [] { return std::chrono::system_clock::now(); };
  return world;
}

void check_settings(const OrchestrateSettings& settings) {
  (void)ClassList(settings.places.classes);
  if (!settings.triggers.schedule.empty()) (void)CronExpression(settings.triggers.schedule);
  if (settings.triggers.persistence_needed > settings.triggers.persistence_windows) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("--persistence-needed {} is more than --persistence-windows {}",
                            settings.triggers.persistence_needed, settings.triggers.persistence_windows));
  }
}

}  // namespace

struct Orchestrator::State {
  State(OrchestrateSettings given_settings, World given_world)
      : settings(std::move(given_settings)),
        world(complete(std::move(given_world))),
        database(lake::Database::open(settings.places.database)),
        records(*database),
        registry(settings.places.registry_dir, settings.places.model),
        runner(settings.steps, world.program),
        notifier(settings.notify),
        decisions(records, world.now, [this](const lake::DecisionRow& row) { notifier.tell(row); }),
        observer(settings, world, *database, records, registry) {}

  void lock() {
    if (held) return;
    held.emplace(settings.places.runs_dir / ".orchestrate.lock");
    registry.recover(world.now());
  }

  LookResult go_on(const lake::RunRow& run, const std::stop_token& stop);
  LookResult look_at_canary(const lake::RunRow& run, const std::stop_token& stop);
  std::optional<lake::RunRow> begin(const Observer::Look& look);
  void tidy() const;

  const OrchestrateSettings settings;
  const World world;
  std::unique_ptr<lake::Database> database;
  lake::RunRecords records;
  registry::ModelRegistry registry;
  StepRunner runner;
  Notifier notifier;
  DecisionLog decisions;
  Observer observer;
  std::optional<WorkspaceLock> held;
};

LookResult Orchestrator::State::go_on(const lake::RunRow& run, const std::stop_token& stop) {
  Pipeline pipeline(settings, records, registry, runner, decisions, world.now);
  LookResult result;
  result.run = run.id;
  switch (pipeline.advance(run, stop)) {
    case RunEnd::Promoted:
      result.end = LookEnd::Promoted;
      break;
    case RunEnd::Canary:
      result.end = LookEnd::Canary;
      break;
    case RunEnd::Refused:
      result.end = LookEnd::Refused;
      break;
    case RunEnd::Failed:
      result.end = LookEnd::Failed;
      break;
  }
  if (const auto row = records.find_run(run.id)) result.reason = row->reason;
  return result;
}

LookResult Orchestrator::State::look_at_canary(const lake::RunRow& run, const std::stop_token& stop) {
  Canary canary(settings, *database, records, registry, decisions, world.now,
                [this, &stop]() -> const LabelledPictures& { return observer.labelled_pictures(stop); });
  const CanaryEnd end = canary.look(run, stop);
  LookResult result;
  result.run = run.id;
  result.reason = "waits for requests";
  result.end = LookEnd::Canary;
  if (end == CanaryEnd::Waits) return result;
  result.end = end == CanaryEnd::Promoted ? LookEnd::Promoted : LookEnd::Refused;
  if (const auto row = records.find_run(run.id)) result.reason = row->reason;
  return result;
}

// Writes down a new run. Its labels first: a run that is in the lake has them.
std::optional<lake::RunRow> Orchestrator::State::begin(const Observer::Look& look) {
  const Places& places = settings.places;
  lake::RunRow run;
  run.id = records.next_run_id();
  run.started_ms = to_ms(world.now());
  run.state = "running";
  run.model = places.model;
  run.version = registry.next_version();
  if (look.champion) run.parent = look.champion->champion.version;
  run.data_digest = look.data->digest;
  run.labels = static_cast<std::int64_t>(look.data->entries.size());
  run.reason = look.report.reason;
  RunPlan plan;
  plan.trigger = look.report.reason;
  plan.by_class = look.data->by_class;
  if (run.parent) {
    const int parent = static_cast<int>(*run.parent);
    plan.parent_model = registry.file(parent, "checkpoint");
    if (const auto record = registry.find(parent)) {
      plan.parent_architecture = record->architecture;
      plan.parent_classes = record->classes;
    }
  }
  run.detail = format_plan(plan);
  // A folder of this name belongs to a lake that is gone.
  std::error_code ignored;
  fs::remove_all(places.runs_dir / run.id, ignored);
  write_file_atomic(places.runs_dir / run.id / "labels.csv",
                    format_label_file(look.data->entries, ClassList(places.classes)));
  records.begin_run(run);
  decisions.decide(run.id, "trigger", "run", "yes", run.reason);
  if (look.request) answer_request(records, *look.request, "run-now", run.id, "the run has begun", run.started_ms);
  return run;
}

// The champion's labels are what new ones are told by.
void Orchestrator::State::tidy() const {
  const registry::Aliases aliases = registry.aliases();
  std::set<std::string> needed;
  for (const std::optional<int>& version : {aliases.champion, aliases.challenger, aliases.previous}) {
    const auto record = version ? registry.find(*version) : std::nullopt;
    if (record) needed.insert(record->run);
  }
  remove_old_runs(settings.places.runs_dir, settings.places.log_dir, static_cast<std::size_t>(settings.steps.keep_runs),
                  needed);
  if (settings.steps.keep_versions > 0) {
    prune_old_versions(registry, settings.places, static_cast<std::size_t>(settings.steps.keep_versions), world.now());
  }
}

Orchestrator::Orchestrator(OrchestrateSettings settings, World world) {
  check_settings(settings);
  use_time_zone(settings.triggers.time_zone);
  state_ = std::make_unique<State>(std::move(settings), std::move(world));
}

Orchestrator::~Orchestrator() = default;

TriggerReport Orchestrator::explain(const std::stop_token& stop) {
  return state_->observer.look(true, stop).report;
}

LookResult Orchestrator::look(const std::stop_token& stop) {
  State& state = *state_;
  state.lock();
  for (const lake::RunRow& run : state.records.open_runs()) {
    if (run.state == "running") return state.go_on(run, stop);
    return state.look_at_canary(run, stop);
  }
  Observer::Look look = state.observer.look(false, stop);
  LookResult result;
  result.reason = look.report.reason;
  if (!look.report.run || !look.data) return result;
  state.tidy();
  const std::optional<lake::RunRow> run = state.begin(look);
  look = {};
  // The lists of a large data set are not kept while a model trains.
  ::malloc_trim(0);
  return state.go_on(*run, stop);
}

void Orchestrator::watch(std::chrono::milliseconds interval, const std::function<void(const LookResult&)>& told,
                         const std::stop_token& stop) {
  State& state = *state_;
  state.lock();
  FolderEvents events(state.settings.places.frames_dir, state.settings.places.annotations_dir);
  LookEnd before = LookEnd::Nothing;
  while (!stop.stop_requested()) {
    auto pause = interval;
    try {
      const LookResult result = look(stop);
      // A canary is looked at every second, and told once.
      const bool known = result.end == LookEnd::Canary && before == LookEnd::Canary;
      if (result.end != LookEnd::Nothing && !known) told(result);
      before = result.end;
      if (result.end == LookEnd::Canary) pause = std::min(pause, kCanaryPause);
      if (state.observer.settle_wait().count() > 0) pause = std::min(pause, state.observer.settle_wait());
    } catch (const Error& error) {
      if (error.code() == ErrorCode::Cancelled && stop.stop_requested()) return;
      log::error("a look failed; the next comes at its time", {{"reason", error.what()}});
    }
    const FolderNews news = events.wait(pause, stop);
    if (!news.empty()) state.observer.labels().update(news);
  }
}

}  // namespace animalctl::orchestrate
