#include "animalctl/base/file.h"
#include "model/model_file.h"
#include "support/catch_compat.h"
#include "train/workspace.h"

namespace animalctl::test {
namespace {

void require_same_model(const std::filesystem::path& a, const std::filesystem::path& b) {
  const ModelFile first = read_model_file(a);
  const ModelFile second = read_model_file(b);
  CHECK(first.state == second.state);
  CHECK(first.optimizer_state == second.optimizer_state);
  CHECK(first.epoch == second.epoch);
  CHECK(first.loss == second.loss);
}

TrainConfig long_config(const Workspace& workspace, const std::string& name) {
  TrainConfig config = workspace.config(name);
  config.num_epochs = 4;
  config.batch_size = 3;
  config.learning_rate = 0.003;
  return config;
}

}  // namespace

TEST_CASE("a run stopped at any step and resumed ends bit-identical to one that was not") {
  const Workspace workspace = Workspace::drawn(26, 20);
  for (const ScheduleKind schedule : {ScheduleKind::OneCycle, ScheduleKind::Plateau}) {
    for (const OptimizerKind optimizer : {OptimizerKind::Adam, OptimizerKind::Sgd}) {
      TrainConfig whole = long_config(workspace, "whole");
      whole.schedule = schedule;
      whole.optimizer = optimizer;
      whole.augment = AugmentKind::Light;
      RecordingObserver observer;
      (void)train(whole, observer, {});

      // 7 steps an epoch: the first stop is inside epoch 1, the second inside epoch 2, the third between epochs.
      TrainConfig broken = whole;
      broken.model_name = "broken";
      for (const int steps : {3, 8, 3}) {
        RecordingObserver stopping(steps);
        const TrainReport report = train(broken, stopping, stopping.token());
        CHECK(report.interrupted);
        broken.resume = true;
      }
      (void)train(broken, observer, {});
      require_same_model(workspace.models() / "whole_latest.pth", workspace.models() / "broken_latest.pth");
      require_same_model(workspace.models() / "whole.pth", workspace.models() / "broken.pth");
    }
  }
}

TEST_CASE("a finished run resumes to the same result and goes on when more epochs are asked for") {
  const Workspace workspace = Workspace::drawn(14, 10);
  TrainConfig config = long_config(workspace, "run");
  config.num_epochs = 2;
  RecordingObserver observer;
  (void)train(config, observer, {});
  const Bytes before = read_file(workspace.models() / "run_latest.pth");
  config.resume = true;
  CHECK(train(config, observer, {}).epochs.size() == 2);
  CHECK((read_file(workspace.models() / "run_latest.pth") == before));
  config.num_epochs = 3;
  CHECK(train(config, observer, {}).epochs.size() == 3);

  TrainConfig whole = long_config(workspace, "whole");
  whole.num_epochs = 3;
  (void)train(whole, observer, {});
  require_same_model(workspace.models() / "whole_latest.pth", workspace.models() / "run_latest.pth");
}

TEST_CASE("resuming with other settings, other data or without a checkpoint is refused") {
  Workspace workspace = Workspace::drawn(14, 10);
  TrainConfig config = long_config(workspace, "run");
  RecordingObserver observer;
  config.resume = true;
  require_error(ErrorCode::NotFound, "run_latest.pth", [&] { (void)train(config, observer, {}); });
  config.resume = false;
  (void)train(config, observer, {});
  config.resume = true;

  TrainConfig other = config;
  other.learning_rate = 0.1;
  other.seed = 3;
  require_error(ErrorCode::FailedPrecondition, "--lr was 0.003, now it is 0.1",
                [&] { (void)train(other, observer, {}); });
  require_error(ErrorCode::FailedPrecondition, "--seed was 0, now it is 3", [&] { (void)train(other, observer, {}); });

  workspace.write_snapshots({"0.png", "1.png", "2.png"}, {"3.png"});
  require_error(ErrorCode::FailedPrecondition, "images or labels are not the same",
                [&] { (void)train(config, observer, {}); });
}

TEST_CASE("a checkpoint that animalctl train did not write cannot be resumed from") {
  const Workspace workspace = Workspace::seed_frames();
  TrainConfig config = workspace.config("seed");
  config.allow_one_class = true;
  RecordingObserver observer;
  (void)train(config, observer, {});
  ModelFile file = read_model_file(workspace.models() / "seed_latest.pth");
  file.training_state.reset();
  write_model_file(workspace.models() / "seed_latest.pth", file);
  config.resume = true;
  require_error(ErrorCode::FailedPrecondition, "was not written by", [&] { (void)train(config, observer, {}); });
}

}  // namespace animalctl::test
