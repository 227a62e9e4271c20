#include "animalctl/train/evaluate.h"

#include <cmath>

#include "animalctl/base/file.h"
#include "animalctl/image/decode.h"
#include "model/load_predictor.h"
#include "support/catch_compat.h"
#include "train/workspace.h"

namespace animalctl::test {
namespace {

ScoreConfig score_config(const Workspace& workspace, const std::vector<std::string>& models) {
  ScoreConfig config;
  for (const std::string& model : models) config.models.push_back(workspace.models() / model);
  config.dataset_csv = workspace.path("val.csv");
  config.frames_dir = workspace.frames();
  config.annotations_dir = workspace.annotations();
  config.cache_dir = workspace.path("cache");
  config.device = Device::Cpu;
  return config;
}

}  // namespace

TEST_CASE("scores of a data set are those of the predictor, whatever the batch size") {
  const Workspace workspace = Workspace::drawn(30, 20);
  TrainConfig train_config = workspace.config("m");
  RecordingObserver observer;
  (void)train(train_config, observer, {});
  train_config.model_name = "bigger";
  train_config.image_size = 24;
  (void)train(train_config, observer, {});

  SilentProgress progress;
  ScoreConfig config = score_config(workspace, {"m.pth", "bigger.pth", "m_latest.pth"});
  const ScoreTable one = score_dataset(config, progress, {});
  config.batch_size = 7;
  const ScoreTable seven = score_dataset(config, progress, {});
  REQUIRE(one.scores.size() == 3);
  REQUIRE(one.frames.size() == 10);
  CHECK(one.models[1].image_width == 24);
  const auto predictor = load_predictor({workspace.models() / "m.pth", Device::Cpu, Precision::Auto, {}});
  for (std::size_t i = 0; i < one.frames.size(); ++i) {
    const ImageU8 image = decode_image(read_file(one.frames[i])).value();
    CHECK(std::abs(predictor->predict({&image, 1}).front() - one.scores[0][i]) < 1e-6);
    CHECK(std::abs(seven.scores[1][i] - one.scores[1][i]) < 1e-6);
  }
}

TEST_CASE("a model of other classes is refused") {
  const Workspace workspace = Workspace::drawn(10, 6);
  TrainConfig train_config = workspace.config("m");
  RecordingObserver observer;
  (void)train(train_config, observer, {});
  ScoreConfig config = score_config(workspace, {"m.pth"});
  config.classes = {"DOG", "CAT"};
  SilentProgress progress;
  require_error(ErrorCode::InvalidArgument, "tells CAT,DOG apart", [&] { (void)score_dataset(config, progress, {}); });
}

TEST_CASE("a stop request ends the reading of images") {
  const Workspace workspace = Workspace::drawn(10, 6);
  TrainConfig train_config = workspace.config("m");
  RecordingObserver observer;
  (void)train(train_config, observer, {});
  std::stop_source source;
  source.request_stop();
  SilentProgress progress;
  require_error(ErrorCode::Cancelled, "stopped",
                [&] { (void)score_dataset(score_config(workspace, {"m.pth"}), progress, source.get_token()); });
}

}  // namespace animalctl::test
