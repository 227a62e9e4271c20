#include "cli/train_recipe.h"

namespace animalctl::cli {
namespace {

// A head on features that are computed once: an epoch costs a tenth of a second, so there can be many.
TrainConfig head_on_features() {
  TrainConfig config;
  config.freeze_backbone = true;
  config.num_epochs = 12;
  config.batch_size = 64;
  config.optimizer = OptimizerKind::AdamW;
  config.learning_rate = 1e-3;
  config.weight_decay = 1e-2;
  config.schedule = ScheduleKind::Cosine;
  return config;
}

// Small steps, so that what the weights know is not lost.
TrainConfig fine_tuning() {
  TrainConfig config;
  config.num_epochs = 5;
  config.batch_size = 32;
  config.optimizer = OptimizerKind::AdamW;
  config.learning_rate = 1e-4;
  config.weight_decay = 1e-2;
  config.schedule = ScheduleKind::OneCycle;
  config.augment = AugmentKind::Light;
  return config;
}

TrainConfig from_nothing() {
  TrainConfig config;
  config.num_epochs = 30;
  config.batch_size = 64;
  config.optimizer = OptimizerKind::AdamW;
  config.learning_rate = 3e-3;
  config.weight_decay = 5e-2;
  config.schedule = ScheduleKind::OneCycle;
  config.label_smoothing = 0.1;
  config.ema = 0.999;
  config.augment = AugmentKind::Light;
  return config;
}

// Found on 6,400 photographs of cats and dogs (docs/adr/0005-smallcnn.md): with weaker changes of the images it learns
// them by heart before the run is over. A validation at full size costs a quarter of an epoch.
TrainConfig smallcnn_from_nothing() {
  TrainConfig config = from_nothing();
  config.num_epochs = 81;
  config.batch_size = 128;
  config.optimizer = OptimizerKind::Muon;
  config.learning_rate = 0.03;
  config.augment = AugmentKind::Crop;
  config.start_share = 0.4;
  config.end_share = 0.8;
  config.mix_probability = 0.5;
  config.validate_every = 5;
  return config;
}

// From a model that knows most of it: the last part of the run above, where images are large and the rate has fallen.
TrainConfig smallcnn_from_model() {
  TrainConfig config = smallcnn_from_nothing();
  config.num_epochs = 20;
  config.learning_rate = 0.01;
  config.start_share = 0.8;
  return config;
}

}  // namespace

TrainConfig recommended_settings(std::string_view architecture, Start start) {
  // The seed's network keeps the seed's settings; a name that is no architecture is refused later.
  if (architecture == "animalnet") return {};
  if (architecture == "smallcnn") return start == Start::FromNothing ? smallcnn_from_nothing() : smallcnn_from_model();
  if (start == Start::FrozenBackbone) return head_on_features();
  return start == Start::FineTuning ? fine_tuning() : from_nothing();
}

}  // namespace animalctl::cli
