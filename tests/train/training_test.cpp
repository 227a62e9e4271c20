#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "animalctl/base/file.h"
#include "animalctl/base/json.h"
#include "animalctl/image/decode.h"
#include "animalctl/image/demo.h"
#include "model/load_predictor.h"
#include "model/model_file.h"
#include "support/catch_compat.h"
#include "train/workspace.h"

namespace animalctl::test {
namespace {

// The seed's numbers hold to 1e-6; ours agree with PyTorch's to about 1e-7.
constexpr double kSeedTolerance = 1e-6;

TrainConfig seed_config(const Workspace& workspace, const nlohmann::json& run) {
  TrainConfig config = workspace.config("golden");
  const std::string optimizer = run.at("optimizer").get<std::string>();
  const nlohmann::json& settings = run.at("settings");
  config.optimizer = optimizer == "sgd"     ? OptimizerKind::Sgd
                     : optimizer == "adamw" ? OptimizerKind::AdamW
                                            : OptimizerKind::Adam;
  config.learning_rate = settings.at("lr").get<double>();
  config.weight_decay = settings.at("weight_decay").get<double>();
  if (settings.contains("momentum")) config.momentum = settings.at("momentum").get<double>();
  config.batch_size = run.at("batch_size").get<int>();
  config.num_epochs = static_cast<int>(run.at("epochs").size());
  // The three training frames of the seed's own test are all dogs.
  config.allow_one_class = true;
  return config;
}

void compare_tensor(const ModelFile& file, const char* name, const nlohmann::json& expected) {
  const auto* tensor = file.state.find(name)->get_if<checkpoint::Tensor>();
  const auto values = tensor->as<float>();
  REQUIRE(values.size() == expected.size());
  double worst = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    worst = std::max(worst, std::abs(static_cast<double>(values[i]) - expected[i].get<double>()));
  }
  INFO(name);
  CHECK(worst < kSeedTolerance);
}

}  // namespace

TEST_CASE("training gives the seed's losses, accuracy and weights for every optimizer and batch size") {
  const auto golden = parse_json(read_text_file(golden_path("training/runs.json")), "runs.json");
  for (const nlohmann::json& run : golden.at("runs")) {
    const Workspace workspace = Workspace::seed_frames();
    const TrainConfig config = seed_config(workspace, run);
    INFO(run.at("optimizer") << " batch " << config.batch_size);
    RecordingObserver observer;
    const TrainReport report = train(config, observer, {});
    REQUIRE(report.epochs.size() == run.at("epochs").size());
    for (std::size_t i = 0; i < report.epochs.size(); ++i) {
      CHECK(std::abs(report.epochs[i].train_loss - run.at("epochs")[i].at("loss").get<double>()) < kSeedTolerance);
      CHECK(report.epochs[i].val_accuracy == run.at("epochs")[i].at("val_accuracy").get<double>());
    }
    const ModelFile latest = read_model_file(workspace.models() / "golden_latest.pth");
    compare_tensor(latest, "fc1.weight", run.at("weight"));
    compare_tensor(latest, "fc1.bias", run.at("bias"));
  }
}

TEST_CASE("the second epoch's loss is the number the seed's own tests expect") {
  for (const auto& [batch_size, expected] : {std::pair{1, 0.374296}, std::pair{2, 0.381158}}) {
    const Workspace workspace = Workspace::seed_frames();
    TrainConfig config = workspace.config("seed");
    config.allow_one_class = true;
    config.learning_rate = 1e-3;
    config.num_epochs = 2;
    config.batch_size = batch_size;
    RecordingObserver observer;
    const TrainReport report = train(config, observer, {});
    CHECK(std::abs(report.epochs.back().train_loss - expected) < kSeedTolerance);
    CHECK(report.best_val_accuracy == 1.0);
  }
}

TEST_CASE("a run leaves the best model, the latest model and a report") {
  const Workspace workspace = Workspace::drawn(24, 16);
  TrainConfig config = workspace.config("run");
  config.num_epochs = 2;
  RecordingObserver observer;
  const TrainReport report = train(config, observer, {});
  CHECK(std::filesystem::exists(workspace.models() / "run.pth"));
  CHECK(std::filesystem::exists(workspace.models() / "run_latest.pth"));
  const auto json = parse_json(read_text_file(workspace.models() / "run.json"), "run.json");
  CHECK(json.at("epochs").size() == 2);
  CHECK(json.at("data").at("digest").get<std::string>() == report.data_digest);
  CHECK(json.at("settings").at("lr").get<double>() == config.learning_rate);
  CHECK(observer.epochs.size() == 2);
}

TEST_CASE("the number of threads and a warm cache do not change the weights") {
  const Workspace workspace = Workspace::drawn(40, 30);
  for (const AugmentKind augment : {AugmentKind::None, AugmentKind::Strong}) {
    std::vector<Bytes> files;
    for (const int threads : {1, 3}) {
      TrainConfig config = workspace.config("same");
      config.threads = threads;
      config.augment = augment;
      config.batch_size = 4;
      RecordingObserver observer;
      (void)train(config, observer, {});
      const ModelFile file = read_model_file(workspace.models() / "same_latest.pth");
      const auto* weight = file.state.find("fc1.weight")->get_if<checkpoint::Tensor>();
      files.push_back(weight->data);
    }
    CHECK((files[0] == files[1]));
  }
}

TEST_CASE("the best model is written even when no validation image is right") {
  Workspace workspace = Workspace::drawn(12, 10);
  // Two frames that the model has learnt with the other label.
  workspace.add_frame("wrong.png", draw_demo_animal(true, 7, 1, 48), "CAT");
  workspace.write_snapshots({"0.png", "1.png", "2.png", "3.png"}, {"wrong.png"});
  TrainConfig config = workspace.config("wrong");
  config.num_epochs = 1;
  config.learning_rate = 1e-6;
  RecordingObserver observer;
  const TrainReport report = train(config, observer, {});
  CHECK(std::filesystem::exists(workspace.models() / "wrong.pth"));
  CHECK(report.best_epoch == 0);
}

TEST_CASE("frames that cannot be used are counted and skipped, and stop the run with strict") {
  Workspace workspace = Workspace::drawn(12, 8);
  write_file_atomic(workspace.frames() / "1.png", std::string_view("not an image"));
  TrainConfig config = workspace.config("skips");
  RecordingObserver observer;
  const TrainReport report = train(config, observer, {});
  CHECK(report.skipped_images == 1);
  CHECK(report.train_images == 7);
  config.strict = true;
  require_error(ErrorCode::InvalidArgument, "1.png", [&] { (void)train(config, observer, {}); });
}

TEST_CASE("a set that cannot be trained on is refused with what to do") {
  Workspace workspace = Workspace::drawn(8, 6);
  RecordingObserver observer;
  const TrainConfig config = workspace.config("refused");

  workspace.write_snapshots({"0.png", "2.png"}, {"3.png"});
  require_error(ErrorCode::FailedPrecondition, "has no DOG", [&] { (void)train(config, observer, {}); });

  workspace.write_snapshots({}, {"3.png"});
  require_error(ErrorCode::FailedPrecondition, "has no rows", [&] { (void)train(config, observer, {}); });

  workspace.write_snapshots({"gone.png"}, {"3.png"});
  require_error(ErrorCode::FailedPrecondition, "none of the 1 frames", [&] { (void)train(config, observer, {}); });
  CHECK_FALSE(std::filesystem::exists(workspace.models() / "refused.pth"));
}

TEST_CASE("settings out of range are refused before any work") {
  const Workspace workspace = Workspace::drawn(4, 2);
  RecordingObserver observer;
  const auto refuse = [&](auto change, const char* part) {
    TrainConfig config = workspace.config("x");
    change(config);
    require_error(ErrorCode::InvalidArgument, part, [&] { (void)train(config, observer, {}); });
  };
  refuse([](TrainConfig& c) { c.num_epochs = 0; }, "num-epochs is 0");
  refuse([](TrainConfig& c) { c.batch_size = -1; }, "batch-size is -1");
  refuse([](TrainConfig& c) { c.learning_rate = std::nan(""); }, "lr is nan");
  refuse([](TrainConfig& c) { c.weight_decay = -1; }, "weight-decay is -1");
  refuse([](TrainConfig& c) { c.momentum = 1; }, "momentum is 1");
  refuse([](TrainConfig& c) { c.warmup_epochs = -2; }, "warmup is -2");
  refuse([](TrainConfig& c) { c.early_stopping = -2; }, "early-stopping is -2");
  refuse([](TrainConfig& c) { c.validate_every = 0; }, "validate-every is 0");
  refuse([](TrainConfig& c) { c.end_share = 0.5; }, "end-share is 0.5");
  refuse([](TrainConfig& c) { c.mix_probability = 1.5; }, "mix is 1.5");
  refuse([](TrainConfig& c) { c.image_size = 0; }, "image-size is 0");
  refuse([](TrainConfig& c) { c.model_name = "a/b"; }, "without \"/\"");
  refuse([](TrainConfig& c) { c.architecture = "alexnet"; }, "there are: animalnet");
  refuse([](TrainConfig& c) { c.classes = {"A", "B", "C"}; }, "3 were given");
}

TEST_CASE("a loss that is no number stops the run and names the last good checkpoint") {
  const Workspace workspace = Workspace::drawn(12, 8);
  TrainConfig config = workspace.config("nan");
  config.optimizer = OptimizerKind::Sgd;
  config.learning_rate = 1e38;
  config.num_epochs = 5;
  RecordingObserver observer;
  require_error(ErrorCode::FailedPrecondition, "smaller --lr", [&] { (void)train(config, observer, {}); });
}

TEST_CASE("early stopping ends a run that no longer improves") {
  const Workspace workspace = Workspace::drawn(16, 10);
  TrainConfig config = workspace.config("early");
  config.num_epochs = 50;
  config.learning_rate = 1e-9;
  config.schedule = ScheduleKind::OneCycle;
  config.early_stopping = 2;
  config.learning_rate = 0.5;
  RecordingObserver observer;
  const TrainReport report = train(config, observer, {});
  CHECK(report.stopped_early);
  CHECK(report.epochs.size() < 50);
}

TEST_CASE("epochs without validation have no figures of it, the last one always has, and the best is among those") {
  const Workspace workspace = Workspace::drawn(24, 16);
  TrainConfig config = workspace.config("rare");
  config.num_epochs = 5;
  config.validate_every = 2;
  RecordingObserver observer;
  const TrainReport report = train(config, observer, {});
  REQUIRE(report.epochs.size() == 5);
  for (const EpochReport& epoch : report.epochs) {
    const bool due = epoch.epoch % 2 == 1 || epoch.epoch == 4;
    CHECK(std::isnan(epoch.val_loss) != due);
    CHECK(std::isnan(epoch.val_accuracy) != due);
    CHECK((due || !epoch.best));
  }
  CHECK(report.best_epoch >= 1);
  const auto json = parse_json(read_text_file(workspace.models() / "rare.json"), "rare.json");
  CHECK(json.at("epochs")[0].at("val_loss").is_null());
  CHECK(json.at("epochs")[1].at("val_loss").is_number());

  // The weights do not depend on it, nor on where the run was broken off.
  TrainConfig often = config;
  often.model_name = "often";
  often.validate_every = 1;
  (void)train(often, observer, {});
  CHECK(read_model_file(workspace.models() / "rare_latest.pth").state ==
        read_model_file(workspace.models() / "often_latest.pth").state);
  config.model_name = "broken";
  RecordingObserver stopping(20);  // 16 steps an epoch: in the second
  CHECK(train(config, stopping, stopping.token()).interrupted);
  config.resume = true;
  const TrainReport resumed = train(config, observer, {});
  CHECK(resumed.epochs.size() == 5);
  CHECK(std::isnan(resumed.epochs[0].val_loss));
  CHECK(read_model_file(workspace.models() / "rare_latest.pth").state ==
        read_model_file(workspace.models() / "broken_latest.pth").state);
}

TEST_CASE("parts of images, mixed in pairs, at growing sizes end the same with any number of threads") {
  const Workspace workspace = Workspace::drawn(50, 44);
  std::vector<checkpoint::Dict> states;
  for (const auto& [threads, mix] : {std::pair{1, 0.5}, {2, 0.5}, {2, 0.0}}) {
    TrainConfig config = workspace.config("parts");
    config.architecture = "smallcnn";
    config.image_size = 48;
    config.num_epochs = 3;
    config.batch_size = 40;
    config.threads = threads;
    config.compute_threads = threads;
    config.augment = AugmentKind::Crop;
    config.mix_probability = mix;
    config.start_share = 0.7;
    config.end_share = 0.85;
    RecordingObserver observer;
    (void)train(config, observer, {});
    const ModelFile file = read_model_file(workspace.models() / "parts_latest.pth");
    CHECK(file.preprocessing.width == 48);
    states.push_back(file.state);
  }
  CHECK(states[0] == states[1]);
  CHECK_FALSE(states[1] == states[2]);
}

TEST_CASE("balanced class weights give both classes the same share of the loss") {
  Workspace workspace = Workspace::drawn(24, 20);
  const std::vector<std::string> cats = {"0.png", "2.png", "4.png", "6.png", "8.png", "10.png", "12.png"};
  std::vector<std::string> frames = cats;
  frames.emplace_back("1.png");
  workspace.write_snapshots(frames, {"3.png", "14.png"});
  TrainConfig config = workspace.config("weights");
  config.class_weights = ClassWeights::Balanced;
  config.num_epochs = 1;
  config.learning_rate = 1e-12;  // the weights stay where they are, so the loss can be computed afterwards
  RecordingObserver observer;
  const TrainReport report = train(config, observer, {});

  const auto predictor = load_predictor({workspace.models() / "weights.pth", Device::Cpu, Precision::Auto, {}});
  const auto score = [&](const std::string& name) {
    const ImageU8 image = decode_image(read_file(workspace.frames() / name)).value();
    return static_cast<double>(predictor->predict({&image, 1}).front());
  };
  double cat_loss = 0;
  for (const std::string& name : cats) cat_loss -= std::log(1 - score(name)) / static_cast<double>(cats.size());
  const double expected = (cat_loss - std::log(score("1.png"))) / 2;
  CHECK(std::abs(report.epochs.back().train_loss - expected) < 1e-4);
}

}  // namespace animalctl::test
