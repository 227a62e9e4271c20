#include <algorithm>
#include <set>

#include "animalctl/base/error.h"
#include "animalctl/dataset/snapshot.h"
#include "animalctl/registry/retention.h"
#include "orchestrate/pipeline_fixture.h"
#include "orchestrate/release.h"
#include "orchestrate/run_retention.h"
#include "orchestrate/split_step.h"
#include "orchestrate/warm_start.h"
#include "support/catch_compat.h"

namespace animalctl::orchestrate {
namespace {

using test::PipelineFixture;

// What kill -9 is to the code that was running: nothing of it goes on.
struct Killed {};

std::vector<std::string> verdicts(PipelineFixture& fixture, const lake::RunRow& run, const std::string& kind) {
  std::vector<std::string> found;
  for (const lake::DecisionRow& row : fixture.records->newest_decisions(run.id, 100)) {
    if (row.kind == kind) found.push_back(row.verdict);
  }
  return found;
}

TEST_CASE("the first model that passes its gates is promoted and served", "[orchestrate]") {
  PipelineFixture fixture;
  const lake::RunRow run = fixture.begin();
  CHECK(fixture.advance(run) == RunEnd::Promoted);
  CHECK(fixture.steps.commands ==
        std::vector<std::string>{"dataset-check", "dataset-split", "train", "validate", "report", "report", "archive"});
  CHECK(fixture.registry().aliases().champion == 1);
  CHECK(read_traffic(fixture.settings.places.canary_config) == TrafficShare{1.0, 1, 1, false});
  CHECK(read_text_file(fixture.settings.places.model_store / "animal-1.mar") == "archive 1.0");
  const auto record = fixture.registry().find(1);
  REQUIRE(record);
  CHECK(record->run == run.id);
  CHECK(record->architecture == "mobilenet_v2");
  CHECK(record->data_digest == run.data_digest);
  CHECK(record->gates.size() == 6);
  CHECK(record->trigger == "a test");
  CHECK(fixture.state(run) == "promoted");
  CHECK(verdicts(fixture, run, "promote") == std::vector<std::string>{"yes"});
}

TEST_CASE("a second model is compared with the champion, trained from its weights, and begins as a canary",
          "[orchestrate]") {
  PipelineFixture fixture;
  fixture.advance(fixture.begin());
  fixture.steps.commands.clear();
  const lake::RunRow run = fixture.begin();
  CHECK(run.parent == 1);
  CHECK(fixture.advance(run) == RunEnd::Canary);
  CHECK(std::count(fixture.steps.commands.begin(), fixture.steps.commands.end(), "evaluate") == 1);
  CHECK(std::count(fixture.steps.last["train"].begin(), fixture.steps.last["train"].end(), "--weights") == 1);
  CHECK(fixture.state(run) == "canary");
  CHECK(fixture.registry().aliases().champion == 1);
  CHECK(std::filesystem::exists(fixture.settings.places.model_store / "animal-2.mar"));
  CHECK(read_traffic(fixture.settings.places.canary_config)->current == 1);
}

TEST_CASE("a champion without a backbone is gone on with too, as long as the classes are the same", "[orchestrate]") {
  for (const char* const architecture : {"animalnet", "smallcnn"}) {
    PipelineFixture fixture;
    fixture.settings.canary.enabled = false;
    fixture.steps.architecture = architecture;
    fixture.advance(fixture.begin());
    CHECK(fixture.advance(fixture.begin()) == RunEnd::Promoted);
    const std::vector<std::string> warm = {"--arch", architecture, "--weights",
                                           fixture.registry().file(1, "checkpoint").string()};
    const std::vector<std::string>& arguments = fixture.steps.last["train"];
    CHECK(std::search(arguments.begin(), arguments.end(), warm.begin(), warm.end()) != arguments.end());
    fixture.settings.places.classes = {"DOG", "CAT"};
    fixture.advance(fixture.begin());
    CHECK(std::count(fixture.steps.last["train"].begin(), fixture.steps.last["train"].end(), "--weights") == 0);
  }
}

TEST_CASE("settings that ask for another architecture than the champion's are followed", "[orchestrate]") {
  PipelineFixture fixture;
  fixture.settings.canary.enabled = false;
  fixture.advance(fixture.begin());
  const auto starts_warm = [&](const std::string& settings) {
    fixture.steps.settings = settings;
    fixture.advance(fixture.begin());
    const std::vector<std::string>& arguments = fixture.steps.last["train"];
    return std::count(arguments.begin(), arguments.end(), "--weights") == 1;
  };
  CHECK(starts_warm("arch = 'mobilenet_v2'  # animalctl.toml\n"));
  CHECK(starts_warm("arch = 'animalnet'  # default\n"));
  CHECK_FALSE(starts_warm("lr = 0.1  # default\narch = 'resnet18'  # animalctl.toml\nseed = 0  # default\n"));
}

TEST_CASE("what --print-config prints is read, but for defaults", "[orchestrate]") {
  const std::string printed =
      "[train]\narch = 'a'  # f.toml\nlr = 0.1  # environment\nname = \"x # y\"  # f.toml\nseed = 0  # default\n";
  CHECK(chosen_setting(printed, "arch") == "a");
  CHECK(chosen_setting(printed, "lr") == "0.1");
  CHECK(chosen_setting(printed, "name") == "x # y");
  CHECK_FALSE(chosen_setting(printed, "seed"));
  CHECK_FALSE(chosen_setting(printed, "weights"));
  CHECK_FALSE(chosen_setting("[train]\narch = 'cut", "arch"));
}

TEST_CASE("without a canary a better model is promoted at once", "[orchestrate]") {
  PipelineFixture fixture;
  fixture.settings.canary.enabled = false;
  fixture.advance(fixture.begin());
  CHECK(fixture.advance(fixture.begin()) == RunEnd::Promoted);
  CHECK(fixture.registry().aliases().champion == 2);
  CHECK(fixture.registry().aliases().previous == 1);
}

TEST_CASE("a model that is worse is refused with the reason, and nothing is registered", "[orchestrate]") {
  PipelineFixture fixture;
  fixture.advance(fixture.begin());
  fixture.steps.verdict = "worse";
  fixture.steps.accuracy = 0.4;
  const lake::RunRow run = fixture.begin();
  CHECK(fixture.advance(run) == RunEnd::Refused);
  CHECK(test::contains(fixture.records->find_run(run.id)->reason, "worse"));
  CHECK(fixture.registry().versions().size() == 1);
  CHECK(fixture.registry().aliases().champion == 1);
  CHECK(fixture.steps.commands.back() == "evaluate");
}

TEST_CASE("an undecided comparison registers the model and promotes nothing unless told to", "[orchestrate]") {
  PipelineFixture fixture;
  fixture.settings.canary.enabled = false;
  fixture.advance(fixture.begin());
  fixture.steps.verdict = "inconclusive";
  CHECK(fixture.advance(fixture.begin()) == RunEnd::Refused);
  CHECK(fixture.registry().aliases().champion == 1);
  CHECK(fixture.registry().find(2));
  fixture.settings.gates.inconclusive = Inconclusive::Promote;
  CHECK(fixture.advance(fixture.begin()) == RunEnd::Promoted);
  CHECK(fixture.registry().aliases().champion == 3);
}

TEST_CASE("killed before any command and gone on with, a run ends in the same state", "[orchestrate]") {
  for (int deaths = 1; deaths <= 7; ++deaths) {
    PipelineFixture fixture;
    const lake::RunRow run = fixture.begin();
    int left = deaths;
    fixture.steps.before = [&left](const std::string&) {
      if (--left == 0) throw Killed{};
    };
    REQUIRE_THROWS_AS(fixture.advance(run), Killed);
    CHECK_FALSE(fixture.registry().aliases().champion);
    CHECK(fixture.state(run) == "running");
    CHECK(fixture.advance(run) == RunEnd::Promoted);
    CHECK(fixture.registry().versions().size() == 1);
    CHECK(fixture.registry().aliases().champion == 1);
    CHECK(verdicts(fixture, run, "gate").size() == 6);
    CHECK(verdicts(fixture, run, "promote").size() == 1);
    // What was done is not done again.
    CHECK(fixture.steps.commands.size() <= 9);
  }
}

TEST_CASE("killed between any two writes of the release, promotion happens once", "[orchestrate]") {
  PipelineFixture fixture;
  const lake::RunRow run = fixture.begin();
  fixture.advance(run);
  for (int state = 0; state < 3; ++state) {
    // As if the process had died after that write of the release.
    fixture.records->set_run_state(run.id, "running", run.reason, std::nullopt);
    if (state < 2) std::filesystem::remove(fixture.settings.places.canary_config);
    if (state < 1) std::filesystem::remove(fixture.settings.places.model_store / "animal-1.mar");
    CHECK(fixture.advance(run) == RunEnd::Promoted);
    CHECK(fixture.registry().history().size() == 2);
    CHECK(read_traffic(fixture.settings.places.canary_config) == TrafficShare{1.0, 1, 1, false});
    CHECK(verdicts(fixture, run, "promote").size() == 1);
  }
}

TEST_CASE("a step is tried again, a wrong setting is not, and the champion's weights are given up", "[orchestrate]") {
  PipelineFixture fixture;
  fixture.advance(fixture.begin());
  int failures = 1;
  fixture.steps.before = [&failures](const std::string& name) {
    if (name == "train" && failures-- > 0) throw Error(ErrorCode::FailedPrecondition, "no such tensor");
  };
  const lake::RunRow run = fixture.begin();
  CHECK(fixture.advance(run) == RunEnd::Canary);
  CHECK(fixture.records->find_step(run.id, "train")->attempts == 2);
  CHECK(std::count(fixture.steps.last["train"].begin(), fixture.steps.last["train"].end(), "--weights") == 0);

  fixture.steps.before = [](const std::string& name) {
    if (name == "train") throw Error(ErrorCode::InvalidArgument, "--lr is wrong");
  };
  const lake::RunRow wrong = fixture.begin();
  CHECK(fixture.advance(wrong) == RunEnd::Failed);
  CHECK(fixture.records->find_step(wrong.id, "train")->attempts == 1);
  CHECK(test::contains(fixture.records->find_run(wrong.id)->reason, "--lr is wrong"));
}

TEST_CASE("a step that is cut off again and again is given up", "[orchestrate]") {
  PipelineFixture fixture;
  const lake::RunRow run = fixture.begin();
  fixture.steps.before = [](const std::string&) { throw Killed{}; };
  for (int i = 0; i < 20; ++i) REQUIRE_THROWS_AS(fixture.advance(run), Killed);
  CHECK(fixture.advance(run) == RunEnd::Failed);
  CHECK(test::contains(fixture.records->find_run(run.id)->reason, "cut off"));
}

TEST_CASE("a stop leaves the run to be gone on with", "[orchestrate]") {
  PipelineFixture fixture;
  const lake::RunRow run = fixture.begin();
  std::stop_source stop;
  fixture.steps.before = [&stop](const std::string& name) {
    if (name != "train") return;
    stop.request_stop();
    throw Error(ErrorCode::Cancelled, "stopped");
  };
  test::require_error(ErrorCode::Cancelled, "stopped", [&] { fixture.advance(run, stop.get_token()); });
  CHECK(fixture.state(run) == "running");
  fixture.steps.before = [](const std::string&) {};
  CHECK(fixture.advance(run) == RunEnd::Promoted);
}

TEST_CASE("a champion that was changed by hand meanwhile ends the run", "[orchestrate]") {
  PipelineFixture fixture;
  fixture.settings.canary.enabled = false;
  fixture.advance(fixture.begin());
  fixture.advance(fixture.begin());
  const lake::RunRow run = fixture.begin();
  fixture.steps.before = [&](const std::string& name) {
    if (name == "archive") fixture.registry().roll_back("complaints", "anna", fixture.now());
  };
  CHECK(fixture.advance(run) == RunEnd::Refused);
  CHECK(test::contains(fixture.records->find_run(run.id)->reason, "by hand"));
  CHECK(fixture.registry().aliases().champion == 1);
}

TEST_CASE("the test set has only frames that people labelled themselves", "[orchestrate]") {
  const std::vector<std::string> rows = {"frames/a.png", "frames/b.png", "frames/c.png"};
  CHECK(rows_of(rows, {"c.png", "a.png"}) == std::vector<std::string>{"frames/a.png", "frames/c.png"});
  PipelineFixture fixture;
  // The fake split puts c.png into the test set.
  write_file_atomic(fixture.settings.places.annotations_dir / "c.json", R"({"label": "CAT", "source": "auto"})");
  const lake::RunRow run = fixture.begin();
  CHECK(fixture.advance(run) == RunEnd::Failed);
  CHECK(test::contains(fixture.records->find_run(run.id)->reason, "by hand"));
}

TEST_CASE("old versions lose their files, those in service and the newest keep them", "[orchestrate]") {
  PipelineFixture fixture;
  fixture.settings.canary.enabled = false;
  const Places& places = fixture.settings.places;
  for (int i = 0; i < 5; ++i) REQUIRE(fixture.advance(fixture.begin()) == RunEnd::Promoted);
  const registry::ModelRegistry registry = fixture.registry();
  write_traffic(places.canary_config, {0.5, 5, 1, false});
  prune_old_versions(registry, places, 1, fixture.now());
  CHECK(registry::pruned_versions(registry.history()) == std::set<int>{2});
  CHECK_FALSE(std::filesystem::exists(places.model_store / "animal-2.mar"));
  CHECK(std::filesystem::exists(places.model_store / "animal-1.mar"));
  CHECK(registry.history().back().by == kOrchestrator);
  CHECK_NOTHROW(registry.verify());
  // A canary file that cannot be read removes nothing.
  write_file_atomic(places.canary_config, "garbled");
  prune_old_versions(registry, places, 0, fixture.now());
  CHECK(registry::pruned_versions(registry.history()).size() == 1);
}

}  // namespace
}  // namespace animalctl::orchestrate
