#include "animalctl/train/evaluate.h"

#include <fmt/core.h>

#include <map>

#include "animalctl/base/error.h"
#include "model/device.h"
#include "model/model_file.h"
#include "train/frame_store.h"
#include "train/scoring.h"

namespace animalctl {
namespace {

void require_same_classes(const ModelFile& file, const ScoreConfig& config, const std::filesystem::path& path) {
  if (file.classes == config.classes) return;
  const auto join = [](const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ",") + name;
    return text;
  };
  throw Error(ErrorCode::InvalidArgument, fmt::format("{} tells {} apart, --classes is {}", path.string(),
                                                      join(file.classes), join(config.classes)));
}

}  // namespace

ScoreTable score_dataset(const ScoreConfig& config, ProgressSink& progress, std::stop_token stop) {
  ScoreTable table;
  const torch::Device device = resolve_device(config.device);
  std::vector<ModelFile> files;
  for (const std::filesystem::path& path : config.models) {
    files.push_back(read_model_file(path));
    require_same_classes(files.back(), config, path);
  }
  // Models that see images the same way share one pass over them.
  std::map<std::string, FrameStore> stores;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const ModelFile& file = files[i];
    const std::shared_ptr<Network> network = make_network(file, config.models[i]);
    network->to(device);
    const Preparation preparation = model_preparation(file.preprocessing);
    auto store = stores.find(preparation.name);
    if (store == stores.end()) {
      const FrameStoreOptions options{{config.dataset_csv, config.frames_dir, config.annotations_dir,
                                       ClassList(config.classes), config.strict, config.threads},
                                      "test",
                                      config.threads};
      const auto cache = std::make_shared<PreparedCache>(config.cache_dir, preparation.name, preparation.size());
      store = stores.emplace(preparation.name, load_frames(options, preparation, cache, progress, stop)).first;
    }
    table.scores.push_back(
        score_store(*network, device, file.preprocessing, store->second, static_cast<std::size_t>(config.batch_size)));
    table.models.push_back({file.architecture, file.classes, file.preprocessing.width, file.preprocessing.height});
    table.frames = store->second.frames;
    table.labels = store->second.labels;
    table.skipped = store->second.skipped;
  }
  return table;
}

}  // namespace animalctl
