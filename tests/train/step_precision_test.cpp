#include "train/step_precision.h"

#include "model/device.h"
#include "model/model_file.h"
#include "support/catch_compat.h"
#include "train/workspace.h"

namespace animalctl::test {
namespace {

Precision on_cpu(Precision asked, const char* architecture, bool has_bfloat16) {
  return choose_step_precision(asked, find_architecture(architecture), torch::kCPU, has_bfloat16);
}

Precision resumed(Precision saved, Precision asked, bool has_bfloat16) {
  return resume_step_precision(saved, asked, torch::kCPU, has_bfloat16, "run_latest.pth");
}

TrainConfig small_run(const Workspace& workspace, const char* name) {
  TrainConfig config = workspace.config(name);
  config.architecture = "smallcnn";
  config.image_size = 32;
  config.batch_size = 32;
  config.num_epochs = 2;
  config.optimizer = OptimizerKind::Muon;
  config.learning_rate = 0.03;
  return config;
}

checkpoint::Dict weights_of(const Workspace& workspace, const char* name) {
  return read_model_file(workspace.models() / (std::string(name) + "_latest.pth")).state;
}

}  // namespace

TEST_CASE("steps are in bfloat16 where the processor and the architecture gain by it, or where it is asked for") {
  CHECK(on_cpu(Precision::Auto, "smallcnn", true) == Precision::Bf16);
  CHECK(on_cpu(Precision::Auto, "smallcnn", false) == Precision::Fp32);
  CHECK(on_cpu(Precision::Auto, "animalnet", true) == Precision::Fp32);
  CHECK(on_cpu(Precision::Fp32, "smallcnn", true) == Precision::Fp32);
  CHECK(on_cpu(Precision::Bf16, "squeezenet1_1", true) == Precision::Bf16);
  require_error(ErrorCode::Unavailable, "no bfloat16 instructions",
                [] { (void)on_cpu(Precision::Bf16, "smallcnn", false); });
  const ArchitectureRow row = find_architecture("squeezenet1_1");
  CHECK(choose_step_precision(Precision::Auto, row, torch::kCUDA, false) == Precision::Bf16);
}

TEST_CASE("a resumed run keeps the precision of its steps or says why it cannot") {
  CHECK(resumed(Precision::Fp32, Precision::Auto, true) == Precision::Fp32);
  CHECK(resumed(Precision::Bf16, Precision::Auto, true) == Precision::Bf16);
  CHECK(resumed(Precision::Bf16, Precision::Bf16, true) == Precision::Bf16);
  require_error(ErrorCode::FailedPrecondition, "--precision was fp32, now it is bf16",
                [] { (void)resumed(Precision::Fp32, Precision::Bf16, true); });
  require_error(ErrorCode::FailedPrecondition, "which this processor has no instructions for",
                [] { (void)resumed(Precision::Bf16, Precision::Auto, false); });
}

TEST_CASE("runs in bfloat16 end the same on one compute thread and on two, broken off or not") {
  if (!processor_has_bfloat16()) return;
  const Workspace workspace = Workspace::drawn(76, 70);  // 3 steps an epoch, the first two in two parts
  TrainConfig config = small_run(workspace, "one");
  config.compute_threads = 1;
  RecordingObserver observer;
  CHECK(train(config, observer, {}).step_precision == Precision::Bf16);

  TrainConfig exact = small_run(workspace, "exact");
  exact.precision = Precision::Fp32;
  CHECK(train(exact, observer, {}).step_precision == Precision::Fp32);
  CHECK_FALSE(weights_of(workspace, "one") == weights_of(workspace, "exact"));

  TrainConfig broken = small_run(workspace, "two");
  broken.compute_threads = 2;
  RecordingObserver stopping(4);
  CHECK(train(broken, stopping, stopping.token()).interrupted);
  broken.resume = true;
  CHECK(train(broken, observer, {}).step_precision == Precision::Bf16);
  CHECK(weights_of(workspace, "one") == weights_of(workspace, "two"));

  broken.precision = Precision::Fp32;
  require_error(ErrorCode::FailedPrecondition, "--precision was bf16, now it is fp32",
                [&] { (void)train(broken, observer, {}); });
}

TEST_CASE("a checkpoint that does not name a precision goes on in float32, one that names an unknown is damaged") {
  const Workspace workspace = Workspace::drawn(20, 16);
  TrainConfig config = small_run(workspace, "old");
  config.precision = Precision::Fp32;
  config.num_epochs = 1;
  RecordingObserver observer;
  (void)train(config, observer, {});
  const auto path = workspace.models() / "old_latest.pth";
  ModelFile file = read_model_file(path);
  checkpoint::Dict training = *file.training_state->get_if<checkpoint::Dict>();
  training.set("step_precision", "fp8");
  file.training_state = training;
  write_model_file(path, file);
  config.resume = true;
  config.precision = Precision::Auto;
  require_error(ErrorCode::DataLoss, "auto, fp32 or bf16 is needed", [&] { (void)train(config, observer, {}); });

  std::erase_if(training.entries, [](const checkpoint::DictEntry& entry) {
    const auto* const name = entry.key.get_if<std::string>();
    return name != nullptr && *name == "step_precision";
  });
  file.training_state = training;
  write_model_file(path, file);
  config.num_epochs = 2;
  CHECK(train(config, observer, {}).step_precision == Precision::Fp32);
}

}  // namespace animalctl::test
