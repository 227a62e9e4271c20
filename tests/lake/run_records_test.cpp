#include "animalctl/lake/run_records.h"

#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::lake {
namespace {

using test::TemporaryFolder;

RunRow run_of(const std::string& id, const std::string& state) {
  RunRow run;
  run.id = id;
  run.started_ms = 100;
  run.state = state;
  run.model = "animal";
  run.version = 3;
  run.parent = 2;
  run.data_digest = "d-" + id;
  run.labels = 300;
  run.reason = "32 new labels";
  run.detail = "{}";
  return run;
}

TEST_CASE("runs, their steps and decisions are remembered over connections", "[lake]") {
  const TemporaryFolder folder;
  const std::string address = "sqlite:" + (folder / "lake.db").string();
  {
    const auto database = Database::open(address);
    RunRecords records(*database);
    CHECK(records.next_run_id() == "run-000001");
    records.begin_run(run_of("run-000001", "running"));
    records.begin_run(run_of("run-000002", "canary"));
    records.begin_run(run_of("run-000010", "refused"));
    StepRow step{"run-000001", "train", "running", 1, 200, std::nullopt, std::nullopt, "{}"};
    records.put_step(step);
    step.state = "failed";
    step.attempts = 2;
    step.finished_ms = 300;
    step.exit_code = 3;
    step.detail = "no images";
    records.put_step(step);
    records.decide({0, 400, "run-000001", "gate", "no", "worse than the champion", "{}"});
    records.decide({0, 500, "", "trigger", "wait", "cooldown", "{}"});
  }
  const auto database = Database::open(address);
  RunRecords records(*database);
  CHECK(records.next_run_id() == "run-000011");
  REQUIRE(records.open_runs().size() == 2);
  CHECK(records.open_runs()[0].id == "run-000001");
  CHECK(records.open_runs()[0].parent == 2);
  CHECK(records.newest_runs(1)[0].id == "run-000010");
  CHECK(records.newest_run_on("d-run-000010")->state == "refused");
  CHECK_FALSE(records.newest_run_on("other"));
  CHECK_FALSE(records.find_run("run-000003"));
  const auto step = records.find_step("run-000001", "train");
  REQUIRE(step);
  CHECK(step->attempts == 2);
  CHECK(step->exit_code == 3);
  CHECK(step->detail == "no images");
  CHECK_FALSE(records.find_step("run-000001", "split"));
  const std::vector<DecisionRow> decisions = records.newest_decisions("", 10);
  REQUIRE(decisions.size() == 2);
  CHECK(decisions[0].id == 2);
  CHECK(decisions[0].kind == "trigger");
  CHECK(records.newest_decisions("run-000001", 10).size() == 1);
  records.set_run_detail("run-000001", R"({"a":1})");
  records.set_run_state("run-000001", "promoted", "better", 900);
  const auto run = records.find_run("run-000001");
  CHECK(run->state == "promoted");
  CHECK(run->reason == "better");
  CHECK(run->finished_ms == 900);
  CHECK(run->detail == R"({"a":1})");
  CHECK(records.open_runs().size() == 1);
}

}  // namespace
}  // namespace animalctl::lake
