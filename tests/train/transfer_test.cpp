#include "animalctl/base/file.h"
#include "animalctl/checkpoint/torch_file.h"
#include "animalctl/train/evaluate.h"
#include "model/model_file.h"
#include "model/tensor_conversion.h"
#include "support/catch_compat.h"
#include "train/moving_average.h"
#include "train/schedule.h"
#include "train/workspace.h"

namespace animalctl::test {
namespace {

constexpr int kSide = 32;

// A run of a small pretrained network: weights that were drawn at random stand in for published ones.
TrainConfig transfer_config(const Workspace& workspace, const std::string& name) {
  const std::filesystem::path weights = workspace.path("published.pth");
  if (!std::filesystem::exists(weights)) {
    const ArchitectureRow row = find_architecture("squeezenet1_1");
    const auto network = row.make({row.default_preprocessing(), 1000});
    network->initialise(42);
    checkpoint::write_torch_file(weights, make_state_dict(*network));
  }
  TrainConfig config = workspace.config(name);
  config.architecture = "squeezenet1_1";
  config.image_size = kSide;
  config.weights = weights;
  config.freeze_backbone = true;
  config.num_epochs = 4;
  config.batch_size = 4;
  config.learning_rate = 0.01;
  config.cache_dir = workspace.path("cache");
  return config;
}

TrainReport run(const TrainConfig& config, int stop_after = -1) {
  RecordingObserver observer(stop_after);
  return train(config, observer, observer.token());
}

checkpoint::Dict weights_of(const TrainConfig& config) {
  return read_model_file(config.model_dir / (config.model_name + "_latest.pth")).state;
}

std::filesystem::path only_feature_cache(const Workspace& workspace) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(workspace.path("cache") / "features")) {
    files.push_back(entry.path());
  }
  REQUIRE(files.size() == 1);
  return files.front();
}

}  // namespace

TEST_CASE("a frozen backbone stays as it was, its features are computed once, and runs agree to the bit") {
  const Workspace workspace = Workspace::drawn(14, 10);
  TrainConfig config = transfer_config(workspace, "first");
  config.threads = 1;
  const TrainReport first = run(config);
  CHECK(first.new_features == 14);
  const auto published = checkpoint::read_torch_file(config.weights);
  const checkpoint::Dict trained = weights_of(config);
  const char* const kept = "features.3.squeeze.weight";
  CHECK(*trained.find(kept) == *published.get_if<checkpoint::Dict>()->find(kept));

  TrainConfig again = transfer_config(workspace, "again");
  again.threads = 3;
  CHECK(run(again).new_features == 0);
  CHECK(weights_of(again) == trained);

  TrainConfig without_cache = transfer_config(workspace, "without");
  without_cache.cache_dir = "";
  without_cache.threads = 2;
  CHECK(run(without_cache).new_features == 14);
  CHECK(weights_of(without_cache) == trained);
}

TEST_CASE("a retraining computes the features of new images only, and evaluation shares them") {
  const Workspace workspace = Workspace::drawn(14, 10);
  TrainConfig config = transfer_config(workspace, "small");
  const TrainReport before = run(config);
  CHECK(before.new_features == 14);
  ScoreConfig score;
  score.models = {before.best_model};
  score.dataset_csv = config.val_csv;
  score.frames_dir = config.frames_dir;
  score.annotations_dir = config.annotations_dir;
  score.cache_dir = config.cache_dir;
  SilentProgress progress;
  const auto size = std::filesystem::file_size(only_feature_cache(workspace));
  const ScoreTable table = score_dataset(score, progress, {});
  CHECK(table.labels.size() == 4);
  CHECK(std::filesystem::file_size(only_feature_cache(workspace)) == size);
}

TEST_CASE("a feature cache that was cut off in the middle costs the cut features only") {
  const Workspace workspace = Workspace::drawn(14, 10);
  const TrainConfig config = transfer_config(workspace, "m");
  run(config);
  const checkpoint::Dict trained = weights_of(config);
  const auto file = only_feature_cache(workspace);
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 100);
  CHECK(run(config).new_features == 1);
  CHECK(weights_of(config) == trained);
}

TEST_CASE("augmented views are cached too, and change what the head learns") {
  const Workspace workspace = Workspace::drawn(14, 10);
  TrainConfig config = transfer_config(workspace, "plain");
  run(config);
  TrainConfig views = transfer_config(workspace, "views");
  views.augmented_views = 2;
  CHECK(run(views).new_features == 20);
  CHECK(run(views).new_features == 0);
  CHECK_FALSE(weights_of(views) == weights_of(config));
}

TEST_CASE("after --unfreeze-at the backbone learns, the frozen stages do not, and a resumed run ends the same") {
  const Workspace workspace = Workspace::drawn(14, 10);
  TrainConfig config = transfer_config(workspace, "whole");
  config.unfreeze_at = 2;
  config.freeze_stages = 2;
  config.fine_tune_lr = 0.001;
  config.augment = AugmentKind::Light;
  const TrainReport whole = run(config);
  CHECK(whole.epochs.size() == 4);
  const auto published = checkpoint::read_torch_file(config.weights);
  const auto& before = *published.get_if<checkpoint::Dict>();
  const checkpoint::Dict after = weights_of(config);
  CHECK(*after.find("features.3.squeeze.weight") == *before.find("features.3.squeeze.weight"));
  CHECK_FALSE(*after.find("features.12.squeeze.weight") == *before.find("features.12.squeeze.weight"));

  // 3 steps an epoch: stopped within the head's part, and within the fine-tuning.
  for (const int steps : {4, 8}) {
    INFO("stopped after " << steps << " steps");
    TrainConfig parts = config;
    parts.model_name = "parts" + std::to_string(steps);
    RecordingObserver observer(steps);
    CHECK(train(parts, observer, observer.token()).interrupted);
    parts.resume = true;
    CHECK(run(parts).epochs.size() == 4);
    CHECK(weights_of(parts) == after);
  }
}

TEST_CASE("fine-tuning begins with a plateau of its own, the head goes on with its") {
  const Workspace workspace = Workspace::drawn(14, 10);
  TrainConfig config = transfer_config(workspace, "m");
  config.schedule = ScheduleKind::Plateau;
  config.num_epochs = 1;
  const auto best_loss = [&] {
    run(config);
    const ModelFile file = read_model_file(config.model_dir / (config.model_name + "_latest.pth"));
    const auto* const plateau = file.training_state->get_if<checkpoint::Dict>()->find("plateau");
    return *plateau->get_if<checkpoint::Dict>()->find("best_loss")->get_if<double>();
  };
  CHECK(best_loss() < 1e6);
  config.unfreeze_at = 1;
  CHECK(best_loss() == Schedule::Plateau{}.best_loss);
}

TEST_CASE("the moving average is what is saved, and survives a resumed run") {
  const Workspace workspace = Workspace::drawn(14, 10);
  TrainConfig config = workspace.config("whole");
  config.architecture = "smallcnn";
  config.image_size = kSide;
  config.num_epochs = 3;
  config.batch_size = 4;
  config.ema = 0.9;
  config.label_smoothing = 0.1;
  config.schedule = ScheduleKind::OneCycle;
  run(config);
  const ModelFile whole = read_model_file(config.model_dir / "whole_latest.pth");
  REQUIRE(whole.raw_state);
  CHECK_FALSE(*whole.raw_state == whole.state);
  CHECK_FALSE(read_model_file(config.model_dir / "whole.pth").raw_state);
  TrainConfig parts = config;
  parts.model_name = "parts";
  RecordingObserver observer(4);
  CHECK(train(parts, observer, observer.token()).interrupted);
  parts.resume = true;
  run(parts);
  const ModelFile resumed = read_model_file(config.model_dir / "parts_latest.pth");
  CHECK(resumed.state == whole.state);
  CHECK(*resumed.raw_state == *whole.raw_state);
}

TEST_CASE("a moving average that does not fit the network is refused") {
  torch::nn::Linear network(2, 1);
  MovingAverage average(*network, 0.9);
  require_error(ErrorCode::DataLoss, "m.pth: its moving average has no weight",
                [&] { average.restore(checkpoint::Dict{}, 1, "m.pth"); });
}

TEST_CASE("three classes are trained and scored with a probability each") {
  const Workspace workspace = Workspace::drawn(14, 10);
  TrainConfig config = transfer_config(workspace, "three");
  config.classes = {"CAT", "DOG", "OWL"};
  config.allow_one_class = true;
  const TrainReport report = run(config);
  ScoreConfig score;
  score.models = {report.best_model};
  score.classes = config.classes;
  score.dataset_csv = config.val_csv;
  score.frames_dir = config.frames_dir;
  score.annotations_dir = config.annotations_dir;
  score.cache_dir = config.cache_dir;
  SilentProgress progress;
  const ScoreTable table = score_dataset(score, progress, {});
  REQUIRE(table.scores.front().size() == 3 * table.labels.size());
  for (std::size_t i = 0; i < table.labels.size(); ++i) {
    const float sum = table.scores[0][3 * i] + table.scores[0][3 * i + 1] + table.scores[0][3 * i + 2];
    CHECK(std::abs(sum - 1) < 1e-5);
  }
}

TEST_CASE("a network without a backbone goes on from an earlier model, with an optimizer and epochs of its own") {
  const Workspace workspace = Workspace::drawn(14, 10);
  const std::vector<std::pair<const char*, const char*>> networks = {{"animalnet", "fc1.weight"},
                                                                     {"smallcnn", "stages.1.conv2.weight"}};
  for (const auto& [architecture, kernel] : networks) {
    INFO(architecture);
    TrainConfig config = workspace.config(std::string(architecture) + "1");
    config.architecture = architecture;
    config.image_size = kSide;
    config.batch_size = 4;
    config.num_epochs = 2;
    config.learning_rate = 0.01;
    const TrainReport first = run(config);
    const checkpoint::Dict before = read_model_file(first.best_model).state;

    TrainConfig more = config;
    more.model_name = std::string(architecture) + "2";
    more.weights = first.best_model;
    more.seed = 7;
    more.num_epochs = 1;
    more.learning_rate = 1e-12;
    CHECK(run(more).epochs.size() == 1);
    const torch::Tensor was = from_plain(*before.find(kernel)->get_if<checkpoint::Tensor>());
    const checkpoint::Dict after = weights_of(more);
    CHECK(torch::allclose(was, from_plain(*after.find(kernel)->get_if<checkpoint::Tensor>()), 1e-6, 1e-8));

    // The tensors alone are enough.
    TrainConfig bare = more;
    bare.weights = workspace.path("bare.pth");
    checkpoint::write_torch_file(bare.weights, before);
    run(bare);
    CHECK(weights_of(bare) == after);
    TrainConfig cold = more;
    cold.weights.clear();
    run(cold);
    CHECK_FALSE(torch::allclose(was, from_plain(*weights_of(cold).find(kernel)->get_if<checkpoint::Tensor>()), 1e-6));
  }
}

TEST_CASE("an earlier model that does not fit is refused with what would") {
  const Workspace workspace = Workspace::drawn(14, 10);
  TrainConfig config = workspace.config("first");
  config.image_size = kSide;
  config.num_epochs = 1;
  config.batch_size = 4;
  TrainConfig other = config;
  other.model_name = "other";
  other.weights = run(config).best_model;
  other.architecture = "smallcnn";
  require_error(ErrorCode::DataLoss, "is of the architecture animalnet, not of smallcnn; give --arch animalnet",
                [&] { run(other); });
  other.architecture = "animalnet";
  other.image_size = kSide / 2;
  require_error(ErrorCode::DataLoss, "it sees 32 pixels a side, --image-size 32 would fit", [&] { run(other); });
  other.image_size = kSide;
  other.classes = {"DOG", "CAT"};
  require_error(ErrorCode::DataLoss, "tells CAT,DOG apart, not DOG,CAT", [&] { run(other); });
  other.classes = config.classes;
  checkpoint::Dict state = read_model_file(other.weights).state;
  std::erase_if(state.entries,
                [](const checkpoint::DictEntry& entry) { return *entry.key.get_if<std::string>() == "fc1.bias"; });
  other.weights = workspace.path("cut.pth");
  checkpoint::write_torch_file(other.weights, state);
  require_error(ErrorCode::DataLoss, "cut.pth: its tensors do not fit the architecture", [&] { run(other); });
  require_error(ErrorCode::DataLoss, "fc1.bias", [&] { run(other); });
  CHECK_FALSE(std::filesystem::exists(other.model_dir / "other_latest.pth"));
}

TEST_CASE("transfer settings that do not fit are refused before any image is read") {
  const Workspace workspace = Workspace::drawn(4, 2);
  TrainConfig config = transfer_config(workspace, "m");
  config.architecture = "animalnet";
  config.image_size.reset();
  require_error(ErrorCode::InvalidArgument, "--freeze needs an architecture with a backbone", [&] { run(config); });
  config = transfer_config(workspace, "m");
  config.freeze_backbone = false;
  config.freeze_stages = 99;
  require_error(ErrorCode::InvalidArgument, "the backbone of squeezenet1_1 has", [&] { run(config); });
  config = transfer_config(workspace, "m");
  config.freeze_backbone = false;
  config.unfreeze_at = 1;
  require_error(ErrorCode::InvalidArgument, "a frozen backbone", [&] { run(config); });
  for (auto [field, bad] : {std::pair{&TrainConfig::label_smoothing, 1.0}, std::pair{&TrainConfig::ema, 1.0},
                            std::pair{&TrainConfig::fine_tune_lr, 0.0}, std::pair{&TrainConfig::layer_decay, 0.0}}) {
    config = transfer_config(workspace, "m");
    config.*field = bad;
    require_error(ErrorCode::InvalidArgument, "is needed", [&] { run(config); });
  }
  config = transfer_config(workspace, "m");
  config.augmented_views = 65;
  require_error(ErrorCode::InvalidArgument, "from 0 to 64", [&] { run(config); });
  CHECK_FALSE(std::filesystem::exists(workspace.path("cache")));
}

}  // namespace animalctl::test
