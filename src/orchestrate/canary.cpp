#include "orchestrate/canary.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"
#include "animalctl/http/client.h"
#include "animalctl/lake/prediction_files.h"
#include "orchestrate/release.h"
#include "orchestrate/requests.h"

namespace animalctl::orchestrate {
namespace {

constexpr const char* kStopRequest = "stop-canary";

std::string share_words(double share) {
  return share <= 0 ? std::string("shadow") : fmt::format("{:g} %", share * 100);
}

}  // namespace

// The run that is judged, with what changes at a look.
struct Canary::Subject {
  const lake::RunRow& run;
  RunPlan plan;
  CanaryState state;
  std::int64_t champion;

  TrafficShare traffic() const { return {state.share, run.version, champion, true}; }
  CanaryWindow window() const {
    return {run.model, champion, run.version, state.step_started_ms, state.share <= 0, state.slow_ms};
  }
};

Canary::Canary(const OrchestrateSettings& settings, lake::Database& database, lake::RunRecords& records,
               const registry::ModelRegistry& registry, DecisionLog& decisions, std::function<TimePoint()> now,
               std::function<const LabelledPictures&()> labels)
    : settings_(settings),
      database_(database),
      records_(records),
      registry_(registry),
      decisions_(decisions),
      now_(std::move(now)),
      labels_(std::move(labels)) {}

CanaryEnd Canary::look(const lake::RunRow& run, const std::stop_token& stop) {
  const RunPlan plan = parse_plan(run.detail, run.id);
  Subject subject{run, plan, parse_canary(plan.canary, run.id), run.parent.value_or(0)};
  if (subject.state.verdict == "rollback") return carry_out_rollback(subject);
  // Killed between the two writes of the promotion.
  if (registry_.aliases().champion == static_cast<int>(run.version)) return promote(subject, "every step was passed");
  if (taken_out_of_hands(subject)) return CanaryEnd::RolledBack;
  if (const auto request = open_request(records_, kStopRequest)) {
    answer_request(records_, *request, kStopRequest, run.id, "the canary was stopped", now_ms());
    return roll_back(subject, fmt::format("stopped by a person: {}", request->reason));
  }
  if (subject.state.step < 0) {
    registry::ModelRegistry writer = registry_;
    if (registry_.aliases().challenger != static_cast<int>(run.version)) {
      writer.set_alias("challenger", static_cast<int>(run.version), "its canary begins", kOrchestrator, now_());
    }
    begin_step(subject, 0);
  }
  if (!subject.state.applied) apply_share(subject);
  lake::ingest_prediction_files(database_, settings_.places.sink_dir, stop);
  judge(subject);
  return after_judging(subject);
}

// Somebody promoted or rolled back by hand, or wrote the config: the canary ends and leaves things as they are.
bool Canary::taken_out_of_hands(Subject& subject) {
  const lake::RunRow& run = subject.run;
  std::string reason;
  const auto champion = registry_.aliases().champion;
  if (champion != static_cast<int>(subject.champion)) {
    reason = "the champion was changed by hand during the canary";
    if (champion) write_traffic(settings_.places.canary_config, {1.0, *champion, *champion, false});
  } else if (registry_.refusal(static_cast<int>(run.version))) {
    reason = "the version was refused by hand during the canary";
    write_traffic(settings_.places.canary_config, {1.0, subject.champion, subject.champion, false});
  } else if (subject.state.applied && read_traffic(settings_.places.canary_config) != subject.traffic()) {
    reason = fmt::format("{} was changed by hand during the canary", settings_.places.canary_config.string());
  }
  if (reason.empty()) return false;
  decisions_.decide(run.id, "canary", "end", "no", reason);
  records_.set_run_state(run.id, "refused", reason, now_ms());
  return true;
}

void Canary::begin_step(Subject& subject, std::int64_t step) {
  CanaryState state;
  state.step = step;
  state.share = settings_.canary.steps.at(static_cast<std::size_t>(step));
  state.step_started_ms = now_ms();
  state.counters = read_counters();
  subject.state = std::move(state);
  save(subject);
}

void Canary::apply_share(Subject& subject) {
  write_traffic(settings_.places.canary_config, subject.traffic());
  subject.state.applied = true;
  save(subject);
  decisions_.decide(subject.run.id, "canary", fmt::format("step {}", subject.state.step), "yes",
                    fmt::format("version {} at {}", subject.run.version, share_words(subject.state.share)));
}

void Canary::judge(Subject& subject) {
  lake::Predictions predictions(database_);
  CanaryState& state = subject.state;
  if (state.slow_ms <= 0) {
    state.slow_ms = settle_slow_ms(predictions, subject.window(), settings_.canary.max_latency_ratio);
  }
  const CanaryWindow window = subject.window();
  CanaryEvidence evidence = read_evidence(predictions, window, labels_());
  const std::map<std::string, double> counters = read_counters();
  if (!counters.empty()) {
    evidence.champion_errors = error_counts(state.counters, counters, subject.champion);
    evidence.challenger_errors = error_counts(state.counters, counters, subject.run.version);
  }
  state.requests = challenger_answers(predictions, window);
  state.measures = judge_canary(evidence, settings_.canary, state.measures);
  save(subject);
}

CanaryEnd Canary::after_judging(Subject& subject) {
  const CanarySettings& canary = settings_.canary;
  const CanaryState& state = subject.state;
  const std::string breach = breach_of(state.measures);
  if (!breach.empty()) return roll_back(subject, fmt::format("at {}: {}", share_words(state.share), breach));
  const auto passed = std::chrono::milliseconds(now_ms() - state.step_started_ms);
  const bool enough = state.requests >= canary.min_requests && passed >= canary.min_time;
  if (!enough && passed >= canary.max_time) {
    return roll_back(subject, fmt::format("at {}: {} requests in the time of a step, {} are needed; lower "
                                          "--canary-min-requests, or give --no-canary",
                                          share_words(state.share), state.requests, canary.min_requests));
  }
  if (!enough) return CanaryEnd::Waits;
  const auto next = static_cast<std::size_t>(state.step + 1);
  if (next < canary.steps.size()) {
    begin_step(subject, state.step + 1);
    apply_share(subject);
    return CanaryEnd::Waits;
  }
  return promote(subject, fmt::format("every step was passed; at {} it answered {} requests", share_words(state.share),
                                      state.requests));
}

// Decided first, then carried out: the config before everything else, so that the champion answers at once.
CanaryEnd Canary::roll_back(Subject& subject, const std::string& reason) {
  subject.state.verdict = "rollback";
  subject.state.reason = reason;
  save(subject);
  return carry_out_rollback(subject);
}

CanaryEnd Canary::carry_out_rollback(Subject& subject) {
  const lake::RunRow& run = subject.run;
  const std::string& reason = subject.state.reason;
  const auto version = static_cast<int>(run.version);
  const bool is_champion = registry_.aliases().champion == version;
  if (!is_champion) write_traffic(settings_.places.canary_config, {1.0, subject.champion, subject.champion, false});
  if (!is_champion && !registry_.refusal(version)) {
    registry::ModelRegistry writer = registry_;
    writer.refuse(version, reason, kOrchestrator, now_());
  }
  decisions_.decide(run.id, "rollback", "version", "yes", reason);
  records_.set_run_state(run.id, "refused", reason, now_ms());
  return CanaryEnd::RolledBack;
}

CanaryEnd Canary::promote(Subject& subject, const std::string& reason) {
  promote_version(registry_, settings_.places, subject.run.version, reason, now_());
  decisions_.decide(subject.run.id, "promote", "version", "yes", reason);
  records_.set_run_state(subject.run.id, "promoted", reason, now_ms());
  return CanaryEnd::Promoted;
}

void Canary::save(Subject& subject) {
  std::string text = format_canary(subject.state);
  if (text == subject.plan.canary) return;
  subject.plan.canary = std::move(text);
  records_.set_run_detail(subject.run.id, format_plan(subject.plan));
}

// Empty when serve does not tell: then errors are not judged.
std::map<std::string, double> Canary::read_counters() const {
  if (settings_.canary.metrics_url.empty()) return {};
  http::ClientOptions options;
  options.read_timeout = std::chrono::seconds(2);
  options.max_answer_bytes = std::size_t{8} << 20;
  http::Client client(settings_.canary.metrics_url, options);
  const Result<http::ClientAnswer> answer = client.get("/metrics");
  if (!answer || answer.value().status != 200) {
    log::debug("serve does not tell its metrics", {{"url", settings_.canary.metrics_url}});
    return {};
  }
  return parse_version_counters(answer.value().body, settings_.places.model);
}

}  // namespace animalctl::orchestrate
