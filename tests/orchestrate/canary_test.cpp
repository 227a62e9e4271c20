#include "orchestrate/canary.h"

#include <fmt/core.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "animalctl/base/time_text.h"
#include "orchestrate/pipeline_fixture.h"
#include "orchestrate/release.h"
#include "support/catch_compat.h"

namespace animalctl::orchestrate {
namespace {

using namespace std::chrono_literals;

// Version 1 is the champion, version 2 a canary; answers are written as serve writes them.
struct CanaryFixture : test::PipelineFixture {
  CanaryFixture() {
    settings.canary.min_requests = 100;
    settings.canary.min_time = 1s;
    advance(begin());
    run_id = begin().id;
    advance(*records->find_run(run_id));
    REQUIRE(records->find_run(run_id)->state == "canary");
  }

  CanaryEnd look() {
    const auto clock = [this] { return now(); };
    DecisionLog decisions(*records, clock, {});
    const registry::ModelRegistry versions = registry();
    Canary canary(settings, *database, *records, versions, decisions, clock,
                  [this]() -> const LabelledPictures& { return labels; });
    return canary.look(*records->find_run(run_id), {});
  }

  CanaryState state_of_canary() {
    return parse_canary(parse_plan(records->find_run(run_id)->detail, run_id).canary, run_id);
  }

  // One request that both versions answer; the one that does not answer the client is the shadow.
  void request(double champion_score, double challenger_score, double challenger_ms = 5) {
    clock_ms += 60;
    const bool challenger_answers = state_of_canary().share > 0 && number % 2 == 0;
    line(1, challenger_answers ? "shadow" : "previous", champion_score, 5);
    line(2, challenger_answers ? "current" : "shadow", challenger_score, challenger_ms);
    ++number;
  }

  void requests(int count, double champion_score, double challenger_score, double challenger_ms = 5) {
    for (int i = 0; i < count; ++i) request(champion_score, challenger_score, challenger_ms);
  }

  std::optional<TrafficShare> traffic() const { return read_traffic(settings.places.canary_config); }

  std::string run_id;
  LabelledPictures labels;
  int number = 0;

 private:
  void line(int version, const char* role, double score, double ms) {
    const nlohmann::json json = {{"request_id", fmt::format("r{}", number)},
                                 {"time", iso_time(now())},
                                 {"image", fmt::format("{:064x}", number)},
                                 {"image_bytes", 1},
                                 {"width", 1},
                                 {"height", 1},
                                 {"model", "animal"},
                                 {"version", version},
                                 {"role", role},
                                 {"label", score >= 0.5 ? "DOG" : "CAT"},
                                 {"score", score},
                                 {"latency_ms", {{"total", ms + 0.01 * (number % 7)}}}};
    const std::filesystem::path file = settings.places.sink_dir / "predictions-1970-01-01-0001.jsonl";
    create_folders(file.parent_path());
    std::ofstream(file, std::ios::app) << json.dump() << "\n";
  }
};

TEST_CASE("a canary that is as good rises through its steps and is promoted", "[orchestrate]") {
  CanaryFixture fixture;
  CHECK(fixture.look() == CanaryEnd::Waits);
  CHECK(fixture.traffic() == TrafficShare{0.0, 2, 1, true});
  CHECK(fixture.registry().aliases().challenger == 2);
  for (const double share : {0.0, 0.1, 0.5}) {
    CHECK(fixture.traffic()->traffic == share);
    fixture.requests(60, 0.9, 0.9);
    CHECK(fixture.look() == CanaryEnd::Waits);
    CHECK(fixture.traffic()->traffic == share);
    fixture.requests(200, 0.9, 0.9);
    CHECK(fixture.look() == (share == 0.5 ? CanaryEnd::Promoted : CanaryEnd::Waits));
  }
  CHECK(fixture.traffic() == TrafficShare{1.0, 2, 2, false});
  CHECK(fixture.registry().aliases().champion == 2);
  CHECK(fixture.records->find_run(fixture.run_id)->state == "promoted");
}

TEST_CASE("a canary that is slow in service is rolled back at once and refused for good", "[orchestrate]") {
  CanaryFixture fixture;
  fixture.look();
  fixture.requests(260, 0.9, 0.9);
  fixture.look();
  REQUIRE(fixture.traffic()->traffic == 0.1);
  CanaryEnd end = CanaryEnd::Waits;
  int seen = 0;
  for (; seen < 400 && end == CanaryEnd::Waits; seen += 10) {
    fixture.requests(10, 0.9, 0.9, 500);
    end = fixture.look();
  }
  CHECK(end == CanaryEnd::RolledBack);
  CHECK(seen <= 200);
  CHECK(fixture.traffic() == TrafficShare{1.0, 1, 1, false});
  CHECK(fixture.registry().aliases().champion == 1);
  CHECK(fixture.registry().refusal(2));
  CHECK(fixture.records->find_run(fixture.run_id)->state == "refused");
  CHECK(test::contains(fixture.records->find_run(fixture.run_id)->reason, "latency"));
}

TEST_CASE("a canary that people's labels call worse is rolled back, one that they call better is not",
          "[orchestrate]") {
  for (const bool better : {false, true}) {
    CanaryFixture fixture;
    for (int i = 0; i < 300; ++i) fixture.labels[fmt::format("{:064x}", i)] = better ? "CAT" : "DOG";
    fixture.settings.canary.max_disagreement = 1;
    fixture.settings.canary.max_score_shift = 1;
    fixture.look();
    fixture.requests(90, 0.9, 0.2);
    CHECK(fixture.look() == (better ? CanaryEnd::Waits : CanaryEnd::RolledBack));
  }
}

TEST_CASE("answers that differ from the champion's too often end a canary", "[orchestrate]") {
  CanaryFixture fixture;
  fixture.look();
  fixture.requests(100, 0.9, 0.1);
  CHECK(fixture.look() == CanaryEnd::RolledBack);
  CHECK(test::contains(fixture.records->find_run(fixture.run_id)->reason, "disagreement"));
}

TEST_CASE("a step that sees too few requests in its time ends the canary", "[orchestrate]") {
  CanaryFixture fixture;
  fixture.look();
  fixture.clock_ms += 25 * 3'600'000;
  CHECK(fixture.look() == CanaryEnd::RolledBack);
  CHECK(test::contains(fixture.records->find_run(fixture.run_id)->reason, "--canary-min-requests"));
}

TEST_CASE("a person stops a canary, and a config written by hand is left alone", "[orchestrate]") {
  CanaryFixture stopped;
  stopped.look();
  stopped.records->decide({0, stopped.clock_ms, "", "request", "stop-canary", "complaints", "{}"});
  CHECK(stopped.look() == CanaryEnd::RolledBack);
  CHECK(test::contains(stopped.records->find_run(stopped.run_id)->reason, "complaints"));
  CHECK(stopped.traffic() == TrafficShare{1.0, 1, 1, false});

  CanaryFixture by_hand;
  by_hand.look();
  const TrafficShare mine{0.25, 2, 1, false};
  write_traffic(by_hand.settings.places.canary_config, mine);
  CHECK(by_hand.look() == CanaryEnd::RolledBack);
  CHECK(by_hand.traffic() == mine);
  CHECK_FALSE(by_hand.registry().refusal(2));

  CanaryFixture refused;
  refused.look();
  refused.registry().refuse(2, "we saw it fail", "anna", refused.now());
  CHECK(refused.look() == CanaryEnd::RolledBack);
  CHECK(refused.traffic() == TrafficShare{1.0, 1, 1, false});
}

TEST_CASE("a rollback that was cut off after it was decided is carried out by the next process", "[orchestrate]") {
  CanaryFixture fixture;
  fixture.look();
  fixture.requests(100, 0.9, 0.1);
  const std::string before = fixture.records->find_run(fixture.run_id)->detail;
  RunPlan plan = parse_plan(before, fixture.run_id);
  CanaryState state = parse_canary(plan.canary, fixture.run_id);
  state.verdict = "rollback";
  state.reason = "disagreement";
  plan.canary = format_canary(state);
  fixture.records->set_run_detail(fixture.run_id, format_plan(plan));
  for (int again = 0; again < 2; ++again) {
    fixture.records->set_run_state(fixture.run_id, "canary", "", std::nullopt);
    CHECK(fixture.look() == CanaryEnd::RolledBack);
    CHECK(fixture.traffic() == TrafficShare{1.0, 1, 1, false});
    CHECK(fixture.registry().history().size() == 5);
  }
}

TEST_CASE("a promotion that was cut off after the registry is finished by the next process", "[orchestrate]") {
  CanaryFixture fixture;
  fixture.look();
  fixture.registry().promote(2, "every step was passed", "orchestrate", fixture.now());
  CHECK(fixture.look() == CanaryEnd::Promoted);
  CHECK(fixture.traffic() == TrafficShare{1.0, 2, 2, false});
}

}  // namespace
}  // namespace animalctl::orchestrate
