#include "orchestrate/canary_judge.h"

#include <algorithm>
#include <cmath>

#include "animalctl/base/random.h"
#include "orchestrate/answer_times.h"
#include "orchestrate/canary_evidence.h"
#include "support/catch_compat.h"

namespace animalctl::orchestrate {
namespace {

const CanaryMeasure& of(const std::vector<CanaryMeasure>& measures, std::string_view name) {
  const auto found = std::find_if(measures.begin(), measures.end(),
                                  [&](const CanaryMeasure& measure) { return measure.name == name; });
  REQUIRE(found != measures.end());
  return *found;
}

RunningMoments times_of(double ms, int count) {
  RunningMoments moments;
  for (int i = 0; i < count; ++i) moments.add(std::log(ms * (1 + 0.2 * (i % 5))));
  return moments;
}

RunningMoments differences_of(double mean, int count) {
  RunningMoments moments;
  for (int i = 0; i < count; ++i) moments.add(mean + 0.1 * (i % 5 - 2));
  return moments;
}

CanaryEvidence equal_evidence() {
  CanaryEvidence evidence;
  evidence.champion_errors = {2, 1000};
  evidence.challenger_errors = {2, 1000};
  evidence.champion_log_ms = times_of(5, 500);
  evidence.challenger_log_ms = times_of(5, 500);
  evidence.latency_rise = differences_of(0, 500);
  evidence.slow_rise = differences_of(0, 500);
  for (int i = 0; i < 500; ++i) evidence.score_shift.add(i % 2 == 0 ? 0.02 : -0.02);
  evidence.disagreement = {20, 500};
  for (int i = 0; i < 100; ++i) evidence.accuracy_loss.add(i % 20 == 0 ? 1 : (i % 20 == 1 ? -1 : 0));
  evidence.champion_right = 90;
  evidence.challenger_right = 90;
  return evidence;
}

TEST_CASE("a new version that is like the champion is worse in nothing", "[orchestrate]") {
  const auto measures = judge_canary(equal_evidence(), {}, {});
  CHECK(measures.size() == 6);
  for (const CanaryMeasure& measure : measures) {
    INFO(measure.name);
    CHECK(measure.verdict == "fine");
  }
  CHECK(breach_of(measures).empty());
  for (const CanaryMeasure& measure : judge_canary({}, {}, {})) CHECK(measure.verdict == "few");
}

TEST_CASE("each thing that is worse is noticed and named", "[orchestrate]") {
  const auto worse = [](auto change) {
    CanaryEvidence evidence = equal_evidence();
    change(evidence);
    return judge_canary(evidence, {}, {});
  };
  CHECK(of(worse([](auto& e) { e.challenger_errors = {80, 1000}; }), "errors").verdict == "worse");
  CHECK(of(worse([](auto& e) { e.slow_rise = differences_of(0.5, 500); }), "slow").verdict == "worse");
  CHECK(of(worse([](auto& e) { e.latency_rise = differences_of(2.3, 500); }), "latency").verdict == "worse");
  CHECK(of(worse([](auto& e) { e.latency_rise = differences_of(2.3, 25); }), "latency").verdict == "worse");
  CHECK(of(worse([](auto& e) { e.latency_rise = differences_of(2.3, 19); }), "latency").verdict == "few");
  CHECK(of(worse([](auto& e) { e.disagreement = {400, 500}; }), "disagreement").verdict == "worse");
  const auto shift = worse([](auto& e) {
    e.score_shift = {};
    for (int i = 0; i < 100; ++i) e.score_shift.add(-0.9);
  });
  CHECK(of(shift, "score-shift").verdict == "worse");
  const auto accuracy = worse([](auto& e) {
    e.accuracy_loss = {};
    for (int i = 0; i < 60; ++i) e.accuracy_loss.add(i % 3 == 0 ? 0 : 1);
    e.challenger_right = 20;
  });
  CHECK(of(accuracy, "accuracy").verdict == "worse");
  CHECK(test::contains(breach_of(accuracy), "accuracy"));
}

TEST_CASE("what is better is never called worse", "[orchestrate]") {
  CanaryEvidence evidence = equal_evidence();
  evidence.champion_errors = {80, 1000};
  evidence.slow_rise = differences_of(-0.5, 500);
  evidence.latency_rise = differences_of(-2.3, 500);
  evidence.accuracy_loss = {};
  for (int i = 0; i < 60; ++i) evidence.accuracy_loss.add(-1);
  evidence.disagreement = {0, 500};
  CHECK(breach_of(judge_canary(evidence, {}, {})).empty());
}

TEST_CASE("looking after every answer raises few false alarms", "[orchestrate]") {
  constexpr int kCanaries = 100;
  int alarms = 0;
  for (int canary = 0; canary < kCanaries; ++canary) {
    RandomStream random(7, "canary", static_cast<std::uint64_t>(canary));
    CanaryEvidence evidence;
    std::vector<CanaryMeasure> measures;
    CanarySettings settings;
    // No bound helps: the test alone must hold.
    settings.max_error_rise = 0;
    settings.max_latency_ratio = 1;
    settings.max_accuracy_drop = 0;
    for (int i = 0; i < 400; ++i) {
      for (ProportionCounts* errors : {&evidence.champion_errors, &evidence.challenger_errors}) {
        ++errors->trials;
        if (random.uniform() < 0.02) ++errors->events;
      }
      evidence.latency_rise.add(random.normal());
      evidence.accuracy_loss.add(std::round(random.uniform(-1, 1)));
      measures = judge_canary(evidence, settings, measures);
      if (!breach_of(measures).empty()) break;
    }
    alarms += breach_of(measures).empty() ? 0 : 1;
  }
  // Three measures at 5 %, one-sided.
  CHECK(alarms <= 15);
}

TEST_CASE("times are compared in blocks in which both versions answered", "[orchestrate]") {
  AnswerTimes times;
  // Ten seconds of a hundred answers each. In the third the machine stalls, and the champion answers there alone.
  for (int i = 0; i < 1000; ++i) {
    const bool stalls = i / 100 == 2;
    const bool of_challenger = i % 2 == 0 && !stalls;
    times.add(of_challenger, 1'000'000 + i * 10, stalls ? 500 : 5, stalls);
  }
  CanaryEvidence evidence;
  times.conclude(evidence);
  CHECK(evidence.latency_rise.count == 36);
  CHECK(std::abs(evidence.latency_rise.mean) < 1e-12);
  CHECK(std::exp(evidence.champion_log_ms.mean) == Approx(5));
  CHECK(evidence.champion_slow.mean == 0);
  CHECK(breach_of(judge_canary(evidence, {}, {})).empty());
  CanaryEvidence none;
  AnswerTimes().conclude(none);
  CHECK(none.latency_rise.count == 0);
}

TEST_CASE("rare requests are compared in longer blocks", "[orchestrate]") {
  AnswerTimes times;
  for (int i = 0; i < 2000; ++i) times.add(i % 10 == 0, i * 30'000, i % 10 == 0 ? 20 : 5, i % 10 == 0);
  CanaryEvidence evidence;
  times.conclude(evidence);
  CHECK(evidence.latency_rise.count >= 49);
  CHECK(evidence.latency_rise.mean == Approx(std::log(4)));
  CHECK(evidence.slow_rise.mean == 1);
  const auto measures = judge_canary(evidence, {}, {});
  CHECK(of(measures, "latency").verdict == "worse");
  CHECK(of(measures, "slow").verdict == "worse");
}

TEST_CASE("stalls that hit whole stretches of answers are not taken for a slower version", "[orchestrate]") {
  int alarms = 0;
  for (std::uint64_t canary = 0; canary < 40; ++canary) {
    RandomStream random(11, "stalls", canary);
    std::vector<std::pair<bool, double>> answers;
    double load = 0;
    std::vector<CanaryMeasure> measures;
    AnswerTimes times;
    // A minute of 50 requests a second; the load wanders, and each version has short stalls of its own.
    double own[2] = {0, 0};
    for (int i = 0; i < 3000; ++i) {
      load = 0.99 * load + 0.1 * random.normal();
      const bool of_challenger = random.uniform() < 0.5;
      for (double& stall : own) stall = random.uniform() < 0.005 ? 2 : 0.8 * stall;
      times.add(of_challenger, i * 20, 5 * std::exp(load + own[of_challenger ? 1 : 0] + 0.2 * random.normal()), false);
      if (i % 50 != 49) continue;
      CanaryEvidence evidence;
      times.conclude(evidence);
      CanarySettings settings;
      settings.max_latency_ratio = 1.2;
      measures = judge_canary(evidence, settings, measures);
      if (!breach_of(measures).empty()) break;
    }
    alarms += breach_of(measures).empty() ? 0 : 1;
  }
  CHECK(alarms <= 4);
}

TEST_CASE("serve's counters tell requests and failures by version, and a restart counts from 0", "[orchestrate]") {
  const char* text =
      "# HELP animalctl_requests_total x\n"
      "animalctl_requests_total{model=\"animal\",version=\"2.0\",status=\"200\",reason=\"ok\"} 90\n"
      "animalctl_requests_total{model=\"animal\",version=\"2.0\",status=\"503\",reason=\"queue_full\"} 10\n"
      "animalctl_requests_total{model=\"animal\",version=\"2.0\",status=\"422\",reason=\"undecodable\"} 5\n"
      "animalctl_requests_total{model=\"animal\",version=\"1\",status=\"200\",reason=\"ok\"} 1e3\n"
      "animalctl_requests_total{model=\"other\",version=\"2.0\",status=\"500\",reason=\"x\"} 7\n"
      "animalctl_requests_total{model=\"animal\",version=\"2.0\",status=\"200\"} nan\n"
      "garbled\n";
  const auto counters = parse_version_counters(text, "animal");
  CHECK(counters.at("2 requests") == 105);
  CHECK(counters.at("2 errors") == 10);
  CHECK(counters.at("1 requests") == 1000);
  CHECK(error_counts({{"2 requests", 100}, {"2 errors", 10}}, counters, 2).trials == 5);
  CHECK(error_counts({{"2 requests", 500}, {"2 errors", 300}}, counters, 2).events == 10);
  CHECK(error_counts({}, {}, 2).trials == 0);
  CHECK(parse_version_counters("", "animal").empty());
}

TEST_CASE("a canary's state reads back, and a garbled one is refused with its run", "[orchestrate]") {
  CanaryState state;
  state.step = 1;
  state.share = 0.1;
  state.applied = true;
  state.counters = {{"2 requests", 5}};
  state.measures = judge_canary(equal_evidence(), {}, {});
  const std::string text = format_canary(state);
  CHECK(format_canary(parse_canary(text, "run-000001")) == text);
  CHECK(parse_canary("", "run-000001").step == -1);
  test::require_error(ErrorCode::DataLoss, "run-000007", [] { parse_canary("{}", "run-000007"); });
}

}  // namespace
}  // namespace animalctl::orchestrate
