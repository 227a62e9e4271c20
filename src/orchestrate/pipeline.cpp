#include "orchestrate/pipeline.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/log.h"
#include "orchestrate/release.h"

namespace animalctl::orchestrate {
namespace {

// A step that is cut off this often (power, kill) is given up: it may be what ends the machine.
constexpr std::int64_t kMostInterruptions = 20;

std::int64_t failures_in(const lake::StepRow& row) {
  const nlohmann::json detail = nlohmann::json::parse(row.detail, nullptr, false);
  return detail.is_object() ? detail.value("failures", std::int64_t{0}) : 0;
}

std::string failure_detail(std::int64_t failures, const std::string& reason) {
  const nlohmann::ordered_json json = {{"failures", failures}, {"reason", reason}};
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

struct Pipeline::Attempt {
  lake::StepRow row;
  std::int64_t failures = 0;
  bool final = false;  // trying again cannot help
  std::string reason;
};

Pipeline::Pipeline(const OrchestrateSettings& settings, lake::RunRecords& records,
                   const registry::ModelRegistry& registry, StepRunner& runner, DecisionLog& decisions,
                   std::function<TimePoint()> now)
    : settings_(settings),
      records_(records),
      registry_(registry),
      runner_(runner),
      decisions_(decisions),
      now_(std::move(now)) {}

std::int64_t Pipeline::now_ms() const {
  return to_ms(now_());
}

RunEnd Pipeline::advance(const lake::RunRow& run, const std::stop_token& stop) {
  const RunPlan plan = parse_plan(run.detail, run.id);
  const RunFolder folder(settings_.places.runs_dir, settings_.places.log_dir, run.id);
  const StepTools tools{settings_, run, plan, folder, runner_, stop, false};
  std::vector<Gate> gates;
  for (const PipelineStep& step : pipeline_steps()) {
    std::string failure;
    if (!do_step(step, tools, failure)) {
      return end_run(run, RunEnd::Failed, fmt::format("the step {} failed: {}", step.name, failure));
    }
    for (Gate& gate : note_gates(step, tools)) gates.push_back(std::move(gate));
    const GateConclusion conclusion = conclude_gates(gates);
    if (conclusion.verdict == GateVerdict::Fail) return end_run(run, RunEnd::Refused, conclusion.reason);
  }
  return release(tools, gates);
}

// True when the step is done; else `failure` says why it is given up.
bool Pipeline::do_step(const PipelineStep& step, const StepTools& tools, std::string& failure) {
  Attempt attempt;
  if (const auto known = records_.find_step(tools.run.id, step.name)) attempt.row = *known;
  if (attempt.row.state == "done" && tools.folder.has(step.name)) return true;
  attempt.failures = failures_in(attempt.row);
  while (attempt.failures < settings_.steps.attempts) {
    if (try_step(step, tools, attempt)) return true;
    if (attempt.final) break;
  }
  failure = attempt.reason.empty() ? fmt::format("{} attempts", attempt.failures) : attempt.reason;
  return false;
}

bool Pipeline::try_step(const PipelineStep& step, const StepTools& tools, Attempt& attempt) {
  const bool interrupted = attempt.row.state == "running";
  lake::StepRow& row = attempt.row;
  row.run = tools.run.id;
  row.step = step.name;
  row.state = "running";
  ++row.attempts;
  row.started_ms = now_ms();
  row.finished_ms.reset();
  row.exit_code.reset();
  records_.put_step(row);
  log::info("step", {{"run", row.run}, {"step", row.step}, {"attempt", row.attempts}});
  try {
    if (row.attempts - attempt.failures > kMostInterruptions) {
      attempt.final = true;
      throw Error(ErrorCode::Unavailable, fmt::format("it was cut off {} times", kMostInterruptions));
    }
    // A step's folder is there only when the step was whole: then the process was killed before it noted that.
    if (!tools.folder.has(step.name)) {
      StepTools now = tools;
      now.failed_before = attempt.failures > 0;
      step.work(now, tools.folder.begin(step.name, step.keeps_work && interrupted));
      tools.folder.finish(step.name);
    }
  } catch (const Error& error) {
    if (error.code() == ErrorCode::Cancelled && tools.stop.stop_requested()) throw;
    ++attempt.failures;
    attempt.reason = error.message();
    attempt.final = attempt.final || error.code() == ErrorCode::InvalidArgument;
    row.state = "failed";
    row.finished_ms = now_ms();
    row.detail = failure_detail(attempt.failures, attempt.reason);
    records_.put_step(row);
    log::warning("the step failed", {{"run", row.run}, {"step", row.step}, {"reason", attempt.reason}});
    return false;
  }
  row.state = "done";
  row.finished_ms = now_ms();
  row.exit_code = 0;
  row.detail = failure_detail(attempt.failures, "");
  records_.put_step(row);
  return true;
}

// What the step judged; each verdict is a decision.
std::vector<Gate> Pipeline::note_gates(const PipelineStep& step, const StepTools& tools) {
  const std::filesystem::path file = tools.folder.step(step.name) / "gates.json";
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored)) return {};
  std::vector<Gate> gates = parse_gates(read_text_file(file), file.string());
  for (const Gate& gate : gates) {
    decisions_.decide(tools.run.id, "gate", gate.name, std::string(to_string(gate.verdict)), gate.reason);
  }
  return gates;
}

// All gates have been passed, or one is open.
RunEnd Pipeline::release(const StepTools& tools, const std::vector<Gate>& gates) {
  const lake::RunRow& run = tools.run;
  const GateConclusion conclusion = conclude_gates(gates);
  const auto champion = registry_.aliases().champion;
  const bool is_champion = champion && *champion == run.version;
  if (!is_champion && (champion ? std::optional<std::int64_t>(*champion) : std::nullopt) != run.parent) {
    return end_run(run, RunEnd::Refused,
                   fmt::format("the champion was changed by hand while the run was under way, so the comparison with "
                               "version {} says nothing",
                               run.parent.value_or(0)));
  }
  register_run(registry_, run, tools.plan, tools.folder, gates, now_());
  decisions_.decide(run.id, "register", "version", "yes", fmt::format("version {} is registered", run.version));
  if (conclusion.verdict == GateVerdict::Inconclusive) {
    return end_run(
        run, RunEnd::Refused,
        fmt::format("{}. Version {} is registered and not in service; `animalctl models promote` puts it there",
                    conclusion.reason, run.version));
  }
  if (run.parent && settings_.canary.enabled && !is_champion) {
    publish_archive(registry_, settings_.places, run.version);
    return end_run(run, RunEnd::Canary, conclusion.reason);
  }
  const std::string reason = run.parent ? conclusion.reason : "the first version; " + conclusion.reason;
  promote_version(registry_, settings_.places, run.version, reason, now_());
  return end_run(run, RunEnd::Promoted, reason);
}

RunEnd Pipeline::end_run(const lake::RunRow& run, RunEnd end, const std::string& reason) {
  switch (end) {
    case RunEnd::Promoted:
      decisions_.decide(run.id, "promote", "version", "yes", reason);
      records_.set_run_state(run.id, "promoted", reason, now_ms());
      break;
    case RunEnd::Canary:
      decisions_.decide(run.id, "canary", "begin", "yes", reason);
      records_.set_run_state(run.id, "canary", run.reason, std::nullopt);
      break;
    case RunEnd::Refused:
      decisions_.decide(run.id, "promote", "version", "no", reason);
      records_.set_run_state(run.id, "refused", reason, now_ms());
      break;
    case RunEnd::Failed:
      decisions_.decide(run.id, "promote", "version", "no", reason);
      records_.set_run_state(run.id, "failed", reason, now_ms());
      break;
  }
  return end;
}

}  // namespace animalctl::orchestrate
