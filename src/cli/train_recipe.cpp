#include "cli/train_recipe.h"

namespace animalctl::cli {
namespace {

// A head on features that are computed once: an epoch costs a tenth of a second, so there can be many.
TrainConfig head_on_features() {
  TrainConfig config;
  config.freeze_backbone = true;
  config.num_epochs = 30;
  config.batch_size = 64;
  config.optimizer = OptimizerKind::AdamW;
  config.learning_rate = 1e-3;
  config.weight_decay = 1e-2;
  config.schedule = ScheduleKind::Cosine;
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

}  // namespace

TrainConfig recommended_settings(std::string_view architecture, bool pretrained) {
  if (pretrained) return head_on_features();
  for (const std::string_view name :
       {"smallcnn", "squeezenet1_1", "mobilenet_v2", "resnet18", "resnet34", "resnet50"}) {
    if (architecture == name) return from_nothing();
  }
  return {};
}

}  // namespace animalctl::cli
