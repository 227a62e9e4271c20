#include "animalctl/orchestrate/triggers.h"

#include <algorithm>

#include "animalctl/base/time_text.h"
#include "orchestrate/label_burst.h"
#include "support/catch_compat.h"

namespace animalctl::orchestrate {
namespace {

using namespace std::chrono_literals;

TriggerFacts facts_with_champion() {
  TriggerFacts facts;
  facts.now = *parse_iso_time("2026-11-26T12:00:00Z");
  facts.classes = {"cat", "dog"};
  facts.labelled = 1000;
  facts.by_class = {500, 500};
  facts.changed_by_class = {0, 0};
  Champion champion;
  champion.version = 3;
  champion.labels = 1000;
  champion.by_class = {500, 500};
  champion.test_accuracy = 0.9;
  champion.created = facts.now - 24h;
  facts.champion = champion;
  return facts;
}

const Trigger& of(const TriggerReport& report, std::string_view name) {
  const auto found = std::find_if(report.triggers.begin(), report.triggers.end(),
                                  [&](const Trigger& trigger) { return trigger.name == name; });
  REQUIRE(found != report.triggers.end());
  return *found;
}

TEST_CASE("without a champion the first labels start a run, when every class has some", "[orchestrate]") {
  TriggerFacts facts = facts_with_champion();
  facts.champion.reset();
  CHECK(evaluate_triggers(facts, {}).run);
  facts.by_class = {995, 5};
  const TriggerReport report = evaluate_triggers(facts, {});
  CHECK_FALSE(report.run);
  CHECK(of(report, "first-model").verdict == TriggerVerdict::Quiet);
  CHECK(of(report, "new-labels").verdict == TriggerVerdict::Off);
  facts.by_class = {25, 24};
  facts.labelled = 49;
  CHECK_FALSE(evaluate_triggers(facts, {}).run);
}

TEST_CASE("new labels count by number and by share, whichever is more", "[orchestrate]") {
  TriggerFacts facts = facts_with_champion();
  facts.changed = 20;
  CHECK(of(evaluate_triggers(facts, {}), "new-labels").verdict == TriggerVerdict::Fired);
  facts.changed = 19;
  CHECK(of(evaluate_triggers(facts, {}), "new-labels").verdict == TriggerVerdict::Quiet);
  facts.champion->labels = 1'000'000;
  facts.changed = 9'999;
  const TriggerReport report = evaluate_triggers(facts, {});
  CHECK(of(report, "new-labels").verdict == TriggerVerdict::Quiet);
  CHECK(of(report, "new-labels").threshold == "10000");
  facts.changed = 10'000;
  CHECK(evaluate_triggers(facts, {}).run);
}

TEST_CASE("a class that grows starts a run although all labels together do not", "[orchestrate]") {
  TriggerFacts facts = facts_with_champion();
  facts.champion->by_class = {950, 50};
  facts.changed = 12;
  facts.changed_by_class = {0, 12};
  const TriggerReport report = evaluate_triggers(facts, {});
  CHECK(of(report, "new-labels").verdict == TriggerVerdict::Quiet);
  CHECK(of(report, "class-labels").verdict == TriggerVerdict::Fired);
  CHECK(test::contains(report.reason, "DOG"));
}

TEST_CASE("a schedule fires once its time since the last run has come", "[orchestrate]") {
  TriggerFacts facts = facts_with_champion();
  TriggerSettings settings;
  settings.schedule = "@hourly";
  CHECK(of(evaluate_triggers(facts, settings), "schedule").verdict == TriggerVerdict::Fired);
  facts.last_run = LastRun{"run-000001", "promoted", facts.now, facts.now};
  CHECK(of(evaluate_triggers(facts, settings), "schedule").verdict == TriggerVerdict::Quiet);
  facts.champion.reset();
  facts.last_run.reset();
  CHECK(of(evaluate_triggers(facts, settings), "schedule").verdict == TriggerVerdict::Off);
}

TEST_CASE("live accuracy fires when even the upper end of its interval is below the bound", "[orchestrate]") {
  TriggerFacts facts = facts_with_champion();
  facts.live.audited = 29;
  facts.live.audited_high = 0.1;
  CHECK(of(evaluate_triggers(facts, {}), "live-accuracy").verdict == TriggerVerdict::Off);
  facts.live.audited = 100;
  facts.live.audited_right = 75;
  facts.live.audited_high = 0.83;
  CHECK(of(evaluate_triggers(facts, {}), "live-accuracy").verdict == TriggerVerdict::Fired);
  facts.live.audited_high = 0.86;
  CHECK(of(evaluate_triggers(facts, {}), "live-accuracy").verdict == TriggerVerdict::Quiet);
  TriggerSettings strict;
  strict.live_accuracy = 0.95;
  CHECK(of(evaluate_triggers(facts, strict), "live-accuracy").verdict == TriggerVerdict::Fired);
}

TEST_CASE("drift fires unless it is switched off", "[orchestrate]") {
  TriggerFacts facts = facts_with_champion();
  CHECK(of(evaluate_triggers(facts, {}), "drift").verdict == TriggerVerdict::Off);
  facts.live.drift_verdict = "drifted";
  facts.live.drift_reason = "brightness";
  CHECK(evaluate_triggers(facts, {}).run);
  facts.live.drift_verdict = "stable";
  CHECK(of(evaluate_triggers(facts, {}), "drift").verdict == TriggerVerdict::Quiet);
  facts.live.drift_verdict = "drifted";
  TriggerSettings settings;
  settings.drift = false;
  CHECK_FALSE(evaluate_triggers(facts, settings).run);
}

TEST_CASE("the cooldown holds a run back and doubles with every failure", "[orchestrate]") {
  TriggerFacts facts = facts_with_champion();
  facts.changed = 500;
  facts.last_run = LastRun{"run-000001", "failed", facts.now - 3h, facts.now - 90min};
  facts.failures = 1;
  CHECK(evaluate_triggers(facts, {}).run);
  facts.failures = 2;
  const TriggerReport report = evaluate_triggers(facts, {});
  CHECK_FALSE(report.run);
  CHECK(of(report, "cooldown").verdict == TriggerVerdict::Blocks);
  CHECK(test::contains(report.reason, "although"));
  facts.failures = 60;
  CHECK(of(evaluate_triggers(facts, {}), "cooldown").threshold == "24.0 h");
}

TEST_CASE("labels that keep coming hold a run back", "[orchestrate]") {
  TriggerFacts facts = facts_with_champion();
  facts.changed = 500;
  facts.settle_wait = 4s;
  const TriggerReport report = evaluate_triggers(facts, {});
  CHECK_FALSE(report.run);
  CHECK(of(report, "settle").verdict == TriggerVerdict::Blocks);
  CHECK(of(report, "settle").threshold == "10 s");
  CHECK(test::contains(report.reason, "labels are coming; looked at again in 4 s"));
  facts.settle_wait = 0s;
  CHECK(evaluate_triggers(facts, {}).run);
}

TEST_CASE("a burst of labels is over after a pause, or when it has lasted long", "[orchestrate]") {
  const TimePoint begin{std::chrono::hours(1000)};
  LabelBurst burst;
  burst.saw(7, begin);
  CHECK(burst.wait(begin, 10s) == 0s);  // these labels may be years old
  burst.saw(7, begin + 1s);
  CHECK(burst.wait(begin + 1s, 10s) == 0s);
  burst.saw(8, begin + 2s);
  CHECK(burst.wait(begin + 2s, 10s) == 10s);
  CHECK(burst.wait(begin + 9s, 10s) == 3s);
  CHECK(burst.wait(begin + 12s, 10s) == 0s);
  // One label a second without end: 20 pauses, then a run may begin.
  std::uint64_t revision = 8;
  for (int second = 20; second < 220; ++second) {
    burst.saw(++revision, begin + std::chrono::seconds(second));
    CHECK(burst.wait(begin + std::chrono::seconds(second), 10s) > 0s);
  }
  burst.saw(++revision, begin + 220s);
  CHECK(burst.wait(begin + 220s, 10s) == 0s);
  CHECK(burst.wait(begin + 220s, 0s) == 0s);
  burst.saw(++revision, begin + 221s);
  CHECK(burst.wait(begin + 221s, 0s) == 0s);
}

TEST_CASE("a person's request waits for nothing but a run that is under way", "[orchestrate]") {
  TriggerFacts facts = facts_with_champion();
  facts.last_run = LastRun{"run-000001", "refused", facts.now - 10min, facts.now - 1min};
  facts.request = "try the new camera";
  TriggerReport report = evaluate_triggers(facts, {});
  add_same_data(report, SameData{"run-000001", "refused", "worse"}, true);
  CHECK(report.run);
  CHECK(test::contains(report.reason, "try the new camera"));
  facts.open_run = "run-000002";
  CHECK_FALSE(evaluate_triggers(facts, {}).run);
}

TEST_CASE("what was refused on the same data is not tried again", "[orchestrate]") {
  TriggerFacts facts = facts_with_champion();
  facts.changed = 500;
  TriggerReport report = evaluate_triggers(facts, {});
  REQUIRE(report.run);
  add_same_data(report, std::nullopt, true);
  CHECK(report.run);
  report = evaluate_triggers(facts, {});
  add_same_data(report, SameData{"run-000007", "refused", "worse than the champion"}, true);
  CHECK_FALSE(report.run);
  CHECK(report.triggers.size() == 11);
  CHECK(test::contains(report.reason, "run-000007"));
}

}  // namespace
}  // namespace animalctl::orchestrate
