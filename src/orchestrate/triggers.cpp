#include "animalctl/orchestrate/triggers.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "animalctl/base/text.h"
#include "animalctl/base/time_text.h"
#include "animalctl/orchestrate/cron.h"

namespace animalctl::orchestrate {
namespace {

// The share of a count, at least `least`.
std::int64_t bound_of(std::int64_t least, double share, std::int64_t count) {
  return std::max(least, static_cast<std::int64_t>(std::ceil(share * static_cast<double>(count))));
}

Trigger trigger_of(std::string name, std::string value, std::string threshold, bool fired, std::string reason) {
  return {std::move(name), std::move(value), std::move(threshold),
          fired ? TriggerVerdict::Fired : TriggerVerdict::Quiet, std::move(reason)};
}

Trigger off(std::string name, std::string reason) {
  return {std::move(name), "", "", TriggerVerdict::Off, std::move(reason)};
}

std::string words(std::chrono::milliseconds time) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(time).count();
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 7200) return fmt::format("{} min", (seconds + 59) / 60);
  return fmt::format("{:.1f} h", static_cast<double>(seconds) / 3600);
}

std::string counts_text(const TriggerFacts& facts, const std::vector<std::int64_t>& counts) {
  std::string text;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    text += fmt::format("{}{} {}", i == 0 ? "" : ", ", to_upper(facts.classes[i]), counts[i]);
  }
  return text;
}

Trigger first_model(const TriggerFacts& facts, const TriggerSettings& settings) {
  if (facts.champion) return off("first-model", "there is a champion");
  const std::int64_t fewest = *std::min_element(facts.by_class.begin(), facts.by_class.end());
  const bool enough = facts.labelled >= settings.first_labels && fewest >= settings.first_labels_per_class;
  return trigger_of(
      "first-model", fmt::format("{} ({})", facts.labelled, counts_text(facts, facts.by_class)),
      fmt::format("{}, {} a class", settings.first_labels, settings.first_labels_per_class), enough,
      enough ? "there are labels enough for a first model" : "no model yet, and too few labels for the first");
}

Trigger new_labels(const TriggerFacts& facts, const TriggerSettings& settings) {
  if (!facts.champion) return off("new-labels", "there is no champion yet");
  const std::int64_t bound = bound_of(settings.new_labels, settings.new_share, facts.champion->labels);
  const bool fired = facts.changed >= bound;
  return trigger_of("new-labels", fmt::format("{}", facts.changed), fmt::format("{}", bound), fired,
                    fmt::format("{} labels are new or different since the champion's data of {}", facts.changed,
                                facts.champion->labels));
}

Trigger class_labels(const TriggerFacts& facts, const TriggerSettings& settings) {
  if (!facts.champion || facts.champion->by_class.size() != facts.classes.size()) {
    return off("class-labels", "the champion's labels by class are not known");
  }
  std::string names;
  std::string values;
  std::string bounds;
  for (std::size_t i = 0; i < facts.classes.size(); ++i) {
    const std::int64_t bound = bound_of(settings.class_labels, settings.class_share, facts.champion->by_class[i]);
    values += fmt::format("{}{} {}", i == 0 ? "" : ", ", to_upper(facts.classes[i]), facts.changed_by_class[i]);
    bounds += fmt::format("{}{} {}", i == 0 ? "" : ", ", to_upper(facts.classes[i]), bound);
    if (facts.changed_by_class[i] >= bound) names += (names.empty() ? "" : ", ") + to_upper(facts.classes[i]);
  }
  return trigger_of("class-labels", values, bounds, !names.empty(),
                    names.empty() ? "no class has grown much" : fmt::format("many new labels of {}", names));
}

Trigger schedule(const TriggerFacts& facts, const TriggerSettings& settings) {
  if (settings.schedule.empty()) return off("schedule", "no schedule is set");
  if (!facts.champion && !facts.last_run) return off("schedule", "begins with the first model");
  TimePoint since = facts.champion ? facts.champion->created : facts.last_run->started;
  if (facts.last_run) since = std::max(since, facts.last_run->started);
  const TimePoint due = CronExpression(settings.schedule).next_after(since);
  return trigger_of("schedule", iso_time(facts.now), iso_time(due), due <= facts.now,
                    due <= facts.now
                        ? fmt::format("the schedule \"{}\" has come", settings.schedule)
                        : fmt::format("\"{}\" comes in {}", settings.schedule,
                                      words(std::chrono::ceil<std::chrono::milliseconds>(due - facts.now))));
}

Trigger live_accuracy(const TriggerFacts& facts, const TriggerSettings& settings) {
  if (!facts.champion) return off("live-accuracy", "there is no champion yet");
  double bound = settings.live_accuracy;
  if (bound < 0) {
    if (!facts.champion->test_accuracy) return off("live-accuracy", "the champion's test accuracy is not known");
    bound = *facts.champion->test_accuracy - settings.accuracy_drop;
  }
  const LiveFacts& live = facts.live;
  constexpr std::int64_t kFewest = 30;
  if (live.audited < kFewest) {
    Trigger few = off("live-accuracy", "too few answers were judged by people who had not seen them");
    few.value = fmt::format("{} answers", live.audited);
    few.threshold = fmt::format("{} answers", kFewest);
    return few;
  }
  const double accuracy = static_cast<double>(live.audited_right) / static_cast<double>(live.audited);
  const bool fired = live.audited_high < bound;
  return trigger_of("live-accuracy",
                    fmt::format("{:.4f} of {}, at most {:.4f}", accuracy, live.audited, live.audited_high),
                    fmt::format("{:.4f}", bound), fired,
                    fired ? "people find the champion worse than its bound" : "no sign that the champion is below it");
}

Trigger drift(const TriggerFacts& facts, const TriggerSettings& settings) {
  if (!settings.drift) return off("drift", "switched off");
  if (!facts.champion) return off("drift", "there is no champion yet");
  if (facts.live.drift_verdict.empty()) return off("drift", "the champion has answered nothing yet");
  return trigger_of("drift",
                    fmt::format("{}, {} of {} windows", facts.live.drift_verdict, facts.live.hits, facts.live.looked),
                    fmt::format("{} of {} windows", settings.persistence_needed, settings.persistence_windows),
                    facts.live.drift_verdict == "drifted", facts.live.drift_reason);
}

Trigger run_now(const TriggerFacts& facts) {
  if (!facts.request) return off("run-now", "nobody asked");
  return trigger_of("run-now", "asked", "", true, fmt::format("a person asked: {}", *facts.request));
}

Trigger open_run(const TriggerFacts& facts) {
  const bool open = facts.open_run.has_value();
  return {"open-run", facts.open_run.value_or("none"), "none", open ? TriggerVerdict::Blocks : TriggerVerdict::Clear,
          open ? fmt::format("{} is not over", *facts.open_run) : "no run is under way"};
}

Trigger cooldown(const TriggerFacts& facts, const TriggerSettings& settings) {
  if (!facts.last_run || !facts.last_run->finished) {
    return {"cooldown", "", "", TriggerVerdict::Clear, "no run has ended yet"};
  }
  // Runs that fail wait twice as long each time, for a day at most.
  auto wait = settings.cooldown;
  for (std::int64_t i = 1; i < facts.failures && wait < std::chrono::hours(24); ++i) wait *= 2;
  if (facts.failures > 1)
    wait = std::min<std::chrono::milliseconds>(
        wait, std::max<std::chrono::milliseconds>(settings.cooldown, std::chrono::hours(24)));
  const auto passed = std::chrono::floor<std::chrono::milliseconds>(facts.now - *facts.last_run->finished);
  const bool blocks = passed < wait;
  return {"cooldown", words(passed), words(wait), blocks ? TriggerVerdict::Blocks : TriggerVerdict::Clear,
          blocks ? fmt::format("{} ended as {} {} ago", facts.last_run->id, facts.last_run->state, words(passed))
                 : "the last run is long enough ago"};
}

Trigger settle(const TriggerFacts& facts, const TriggerSettings& settings) {
  const bool waits = facts.settle_wait.count() > 0;
  return {"settle", waits ? "labels are coming" : "", words(settings.settle),
          waits ? TriggerVerdict::Blocks : TriggerVerdict::Clear,
          waits ? fmt::format("labels are coming; looked at again in {}", words(facts.settle_wait))
                : "no label has come just now"};
}

void conclude(TriggerReport& report) {
  std::string fired;
  std::string blocked;
  for (const Trigger& trigger : report.triggers) {
    if (trigger.verdict == TriggerVerdict::Fired) fired += (fired.empty() ? "" : "; ") + trigger.reason;
    // What a person asks for waits for nothing but the run that is under way.
    const bool counts = !report.requested || trigger.name == "open-run";
    if (trigger.verdict == TriggerVerdict::Blocks && counts) blocked += (blocked.empty() ? "" : "; ") + trigger.reason;
  }
  report.run = !fired.empty() && blocked.empty();
  if (fired.empty()) {
    report.reason = "nothing to do: no trigger fired";
  } else {
    report.reason = blocked.empty() ? fired : fmt::format("not now: {} (although {})", blocked, fired);
  }
}

}  // namespace

std::string_view to_string(TriggerVerdict verdict) {
  switch (verdict) {
    case TriggerVerdict::Fired:
      return "fired";
    case TriggerVerdict::Quiet:
      return "quiet";
    case TriggerVerdict::Off:
      return "off";
    case TriggerVerdict::Blocks:
      return "blocks";
    case TriggerVerdict::Clear:
      return "clear";
  }
  return "";
}

TriggerReport evaluate_triggers(const TriggerFacts& facts, const TriggerSettings& settings) {
  TriggerReport report;
  report.requested = facts.request.has_value();
  report.triggers = {first_model(facts, settings),
                     new_labels(facts, settings),
                     class_labels(facts, settings),
                     schedule(facts, settings),
                     live_accuracy(facts, settings),
                     drift(facts, settings),
                     run_now(facts),
                     open_run(facts),
                     cooldown(facts, settings),
                     settle(facts, settings)};
  conclude(report);
  return report;
}

void add_same_data(TriggerReport& report, const std::optional<SameData>& same, bool looked) {
  Trigger trigger{"same-data", "", "", TriggerVerdict::Clear, "no run has seen this data"};
  if (!looked) trigger = {"same-data", "", "", TriggerVerdict::Off, "looked at when something fires"};
  if (same) {
    trigger = {"same-data", same->run, "none", TriggerVerdict::Blocks,
               fmt::format("{} had the same data and ended as {}: {}", same->run, same->state, same->reason)};
  }
  report.triggers.push_back(std::move(trigger));
  conclude(report);
}

}  // namespace animalctl::orchestrate
