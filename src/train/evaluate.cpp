#include "animalctl/train/evaluate.h"

#include <fmt/core.h>

#include <map>

#include "animalctl/base/error.h"
#include "animalctl/base/parallel.h"
#include "model/device.h"
#include "model/head_network.h"
#include "model/open_model.h"
#include "train/feature_store.h"
#include "train/frame_store.h"
#include "train/scoring.h"

namespace animalctl {
namespace {

void require_same_classes(const ModelDescription& model, const ScoreConfig& config, const std::filesystem::path& path) {
  if (model.classes == config.classes) return;
  const auto join = [](const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ",") + name;
    return text;
  };
  throw Error(ErrorCode::InvalidArgument, fmt::format("{} tells {} apart, --classes is {}", path.string(),
                                                      join(model.classes), join(config.classes)));
}

// Scores models on one data set. Models that see images the same way share one pass over them.
class DatasetScoring {
 public:
  DatasetScoring(const ScoreConfig& config, ProgressSink& progress, std::stop_token stop)
      : config_(config), progress_(progress), stop_(std::move(stop)), device_(resolve_device(config.device)) {}

  void score(const ModelDescription& model, const std::shared_ptr<Network>& network, ScoreTable& table) {
    network->to(device_);
    if (const auto backbone = std::dynamic_pointer_cast<BackboneNetwork>(network)) {
      score_features(model, backbone, table);
    } else {
      score_pixels(model, *network, table);
    }
    table.models.push_back({model.architecture, model.classes, model.preprocessing.width, model.preprocessing.height});
  }

 private:
  LabelledStoreOptions store_options() const {
    return {{config_.dataset_csv, config_.frames_dir, config_.annotations_dir, ClassList(config_.classes),
             config_.strict, config_.threads},
            "test",
            config_.threads};
  }

  void add(const LabelledStore& store, std::vector<float> scores, ScoreTable& table) const {
    if (!table.frames.empty() && table.frames != store.frames) {
      throw Error(ErrorCode::FailedPrecondition,
                  "images were changed while they were read, so the models saw different ones; try again");
    }
    table.scores.push_back(std::move(scores));
    table.frames = store.frames;
    table.labels = store.labels;
    table.skipped = store.skipped;
  }

  // An image that a backbone has seen before costs a look-up.
  void score_features(const ModelDescription& model, const std::shared_ptr<BackboneNetwork>& network,
                      ScoreTable& table) {
    FeatureExtractor extractor(network, model.architecture, model.preprocessing, device_, config_.precision);
    const FeatureSet set = load_features(store_options(), extractor, open_feature_cache(config_.cache_dir, extractor),
                                         {}, progress_, stop_);
    HeadNetwork head(network);
    head.to(device_);
    head.eval();
    add(set.store, score_samples(head, device_, FeatureSamples(set, 0)), table);
  }

  void score_pixels(const ModelDescription& model, Network& network, ScoreTable& table) {
    const Preparation preparation = model_preparation(model.preprocessing);
    auto store = stores_.find(preparation.name);
    if (store == stores_.end()) {
      const auto cache = open_frame_cache(config_.cache_dir, preparation);
      store =
          stores_.emplace(preparation.name, load_frames(store_options(), preparation, cache, progress_, stop_)).first;
    }
    const PixelSamples samples(store->second, model.preprocessing);
    add(store->second, score_samples(network, device_, samples, static_cast<std::size_t>(config_.batch_size)), table);
  }

  const ScoreConfig& config_;
  ProgressSink& progress_;
  const std::stop_token stop_;
  const torch::Device device_;
  std::map<std::string, LabelledStore> stores_;
};

}  // namespace

ScoreTable score_dataset(const ScoreConfig& config, ProgressSink& progress, std::stop_token stop) {
  ScriptOptions script = config.script;
  script.classes = config.classes;
  std::vector<OpenModel> models;
  for (const std::filesystem::path& path : config.models) {
    models.push_back(open_model(path, script));
    require_same_classes(models.back().description, config, path);
  }
  at::set_num_threads(available_cores());
  DatasetScoring scoring(config, progress, std::move(stop));
  ScoreTable table;
  for (const OpenModel& model : models) scoring.score(model.description, model.network, table);
  return table;
}

}  // namespace animalctl
