#include "train/training_state.h"

#include <fmt/core.h>

#include "animalctl/base/error.h"
#include "animalctl/base/text.h"
#include "animalctl/checkpoint/field.h"
#include "animalctl/train/names.h"

namespace animalctl {
namespace {

using checkpoint::Dict;
using checkpoint::Field;
using checkpoint::List;
using checkpoint::Value;

// The settings that change the weights a run ends at.
std::vector<std::pair<std::string, std::string>> decisive_settings(const TrainConfig& config) {
  std::vector<std::pair<std::string, std::string>> settings = {
      {"arch", config.architecture},
      {"batch-size", fmt::format("{}", config.batch_size)},
      {"lr", python_float(config.learning_rate)},
      {"weight-decay", python_float(config.weight_decay)},
      {"momentum", python_float(config.momentum)},
      {"optimizer", std::string(to_string(config.optimizer))},
      {"schedule", std::string(to_string(config.schedule))},
      {"warmup", python_float(config.warmup_epochs)},
      {"class-weights", std::string(to_string(config.class_weights))},
      {"augment", std::string(to_string(config.augment))},
      {"image-size", config.image_size ? fmt::format("{}", *config.image_size) : "default"},
      {"seed", fmt::format("{}", config.seed)},
  };
  // Only where they are used: files of 0.1 do not name them.
  const auto when = [&](bool used, const char* name, std::string value) {
    if (used) settings.emplace_back(name, std::move(value));
  };
  when(config.start_share != 1, "start-share", python_float(config.start_share));
  when(config.end_share != 1, "end-share", python_float(config.end_share));
  when(config.mix_probability != 0, "mix", python_float(config.mix_probability));
  when(config.validate_every != 1, "validate-every", fmt::format("{}", config.validate_every));
  when(config.label_smoothing != 0, "label-smoothing", python_float(config.label_smoothing));
  when(config.ema != 0, "ema", python_float(config.ema));
  when(!config.weights.empty(), "layer-decay", python_float(config.layer_decay));
  when(config.freeze_backbone || config.freeze_stages > 0, "freeze",
       fmt::format("{}{}", config.freeze_backbone ? "backbone, then " : "", config.freeze_stages));
  when(config.unfreeze_at.has_value(), "unfreeze-at", fmt::format("{}", config.unfreeze_at.value_or(0)));
  when(config.unfreeze_at.has_value(), "fine-tune-lr", python_float(config.fine_tune_lr));
  when(config.freeze_backbone, "features-from-augmented", fmt::format("{}", config.augmented_views));
  when(config.freeze_backbone, "precision", std::string(to_string(config.precision)));
  const bool length_matters = config.start_share != config.end_share || config.schedule == ScheduleKind::Cosine ||
                              config.schedule == ScheduleKind::OneCycle;
  if (length_matters) settings.emplace_back("num-epochs", fmt::format("{}", config.num_epochs));
  return settings;
}

Value save_epoch(const EpochReport& epoch) {
  Dict dict;
  dict.set("epoch", epoch.epoch);
  dict.set("train_loss", epoch.train_loss);
  dict.set("val_loss", epoch.val_loss);
  dict.set("val_accuracy", epoch.val_accuracy);
  dict.set("learning_rate", epoch.learning_rate);
  dict.set("seconds_train", epoch.seconds_train);
  dict.set("seconds_validation", epoch.seconds_validation);
  dict.set("seconds_waiting_for_data", epoch.seconds_waiting_for_data);
  dict.set("images_per_second", epoch.images_per_second);
  dict.set("best", epoch.best);
  return dict;
}

EpochReport load_epoch(const Field& field) {
  EpochReport epoch;
  epoch.epoch = static_cast<int>(field.at("epoch").integer());
  epoch.train_loss = field.at("train_loss").number();
  epoch.val_loss = field.at("val_loss").number();
  epoch.val_accuracy = field.at("val_accuracy").number();
  epoch.learning_rate = field.at("learning_rate").number();
  epoch.seconds_train = field.at("seconds_train").number();
  epoch.seconds_validation = field.at("seconds_validation").number();
  epoch.seconds_waiting_for_data = field.at("seconds_waiting_for_data").number();
  epoch.images_per_second = field.at("images_per_second").number();
  epoch.best = field.at("best").boolean();
  return epoch;
}

void require_same_run(const Field& root, const TrainConfig& config, const std::string& data_digest,
                      const std::string& origin) {
  std::string differences;
  const Field saved = root.at("settings");
  for (const auto& [name, value] : decisive_settings(config)) {
    const std::string before = saved.has(name) ? saved.at(name).text() : "not set";
    if (before != value) differences += fmt::format("\n  --{} was {}, now it is {}", name, before, value);
  }
  if (root.at("data_digest").text() != data_digest) {
    differences += "\n  the training or validation images or labels are not the same";
  }
  if (differences.empty()) return;
  throw Error(ErrorCode::FailedPrecondition,
              fmt::format("cannot resume from {}: it was trained otherwise:{}\n  Give the same settings, or train "
                          "without --resume",
                          origin, differences));
}

// Files of 0.1 do not say; their steps on a CPU were float32.
Precision load_step_precision(const Field& root) {
  if (!root.has("step_precision")) return Precision::Fp32;
  const Field field = root.at("step_precision");
  for (const Precision precision : {Precision::Auto, Precision::Fp32, Precision::Bf16}) {
    if (field.text() == to_string(precision)) return precision;
  }
  field.refuse("auto, fp32 or bf16 is needed");
}

}  // namespace

Value save_training_state(const TrainingState& state, const TrainConfig& config, const std::string& data_digest) {
  Dict settings;
  for (const auto& [name, value] : decisive_settings(config)) settings.set(name, value);
  List history;
  for (const EpochReport& epoch : state.history) history.items.push_back(save_epoch(epoch));
  Dict plateau;
  plateau.set("best_loss", state.plateau.best_loss);
  plateau.set("epochs_without_improvement", state.plateau.epochs_without_improvement);
  plateau.set("reductions", state.plateau.reductions);
  Dict dict;
  dict.set("settings", std::move(settings));
  dict.set("data_digest", data_digest);
  dict.set("epoch", state.epoch);
  dict.set("step", state.step);
  dict.set("running_loss", state.running_loss);
  dict.set("images_seen", state.images_seen);
  dict.set("seconds_train", state.seconds_train);
  dict.set("best_accuracy", state.best_accuracy);
  dict.set("best_loss", state.best_loss);
  dict.set("best_epoch", state.best_epoch);
  dict.set("epochs_without_improvement", state.epochs_without_improvement);
  dict.set("average_updates", state.average_updates);
  dict.set("step_precision", std::string(to_string(state.step_precision)));
  dict.set("finished", state.finished);
  dict.set("stopped_early", state.stopped_early);
  dict.set("plateau", std::move(plateau));
  dict.set("history", std::move(history));
  return dict;
}

TrainingState load_training_state(const Value& value, const TrainConfig& config, const std::string& data_digest,
                                  const std::string& origin) {
  const Field root(value, origin + ": animalctl.training");
  require_same_run(root, config, data_digest, origin);
  TrainingState state;
  state.epoch = static_cast<int>(root.at("epoch").integer());
  state.step = root.at("step").integer();
  state.running_loss = root.at("running_loss").number();
  state.images_seen = root.at("images_seen").integer();
  state.seconds_train = root.at("seconds_train").number();
  state.best_accuracy = root.at("best_accuracy").number();
  state.best_loss = root.at("best_loss").number();
  state.best_epoch = static_cast<int>(root.at("best_epoch").integer());
  state.epochs_without_improvement = static_cast<int>(root.at("epochs_without_improvement").integer());
  // Files of 0.1 have no moving average.
  if (root.has("average_updates")) state.average_updates = root.at("average_updates").integer();
  state.step_precision = load_step_precision(root);
  state.finished = root.at("finished").boolean();
  state.stopped_early = root.at("stopped_early").boolean();
  const Field plateau = root.at("plateau");
  state.plateau.best_loss = plateau.at("best_loss").number();
  state.plateau.epochs_without_improvement = static_cast<int>(plateau.at("epochs_without_improvement").integer());
  state.plateau.reductions = static_cast<int>(plateau.at("reductions").integer());
  const Field history = root.at("history");
  for (std::size_t i = 0; i < history.size(); ++i) {
    state.history.push_back(load_epoch(history.at(static_cast<std::int64_t>(i))));
  }
  if (state.epoch < 0 || state.step < 0) root.refuse("a negative epoch or step");
  return state;
}

}  // namespace animalctl
