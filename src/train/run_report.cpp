#include "train/run_report.h"

#include <fmt/core.h>
#include <sys/resource.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/train/names.h"
#include "animalctl/version.h"

namespace animalctl {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

void require(bool accepted, const char* setting, double value, const char* needed) {
  if (accepted) return;
  throw Error(ErrorCode::InvalidArgument, fmt::format("{} is {}; {} is needed", setting, value, needed));
}

Json settings_json(const TrainConfig& config) {
  Json json;
  json["train_csv"] = config.train_csv.string();
  json["val_csv"] = config.val_csv.string();
  json["frames_dir"] = config.frames_dir.string();
  json["annotations_dir"] = config.annotations_dir.string();
  json["model_dir"] = config.model_dir.string();
  json["cache_dir"] = config.cache_dir.string();
  json["arch"] = config.architecture;
  json["num_epochs"] = config.num_epochs;
  json["batch_size"] = config.batch_size;
  json["lr"] = config.learning_rate;
  json["weight_decay"] = config.weight_decay;
  json["momentum"] = config.momentum;
  json["optimizer"] = to_string(config.optimizer);
  json["schedule"] = to_string(config.schedule);
  json["warmup"] = config.warmup_epochs;
  json["early_stopping"] = config.early_stopping;
  json["validate_every"] = config.validate_every;
  json["class_weights"] = to_string(config.class_weights);
  json["augment"] = to_string(config.augment);
  json["start_share"] = config.start_share;
  json["end_share"] = config.end_share;
  json["mix"] = config.mix_probability;
  json["label_smoothing"] = config.label_smoothing;
  json["ema"] = config.ema;
  json["weights"] = config.weights.string();
  json["freeze_backbone"] = config.freeze_backbone;
  json["freeze_stages"] = config.freeze_stages;
  json["unfreeze_at"] = config.unfreeze_at ? Json(*config.unfreeze_at) : Json();
  json["fine_tune_lr"] = config.fine_tune_lr;
  json["layer_decay"] = config.layer_decay;
  json["features_from_augmented"] = config.augmented_views;
  json["precision"] = to_string(config.precision);
  json["seed"] = config.seed;
  json["threads"] = config.threads;
  json["compute_threads"] = config.compute_threads;
  json["device"] = to_string(config.device);
  json["allow_one_class"] = config.allow_one_class;
  json["strict"] = config.strict;
  json["resume"] = config.resume;
  return json;
}

Json epoch_json(const EpochReport& epoch) {
  Json json;
  json["epoch"] = epoch.epoch;
  json["train_loss"] = epoch.train_loss;
  json["val_loss"] = epoch.val_loss;
  json["val_accuracy"] = epoch.val_accuracy;
  json["learning_rate"] = epoch.learning_rate;
  json["seconds_train"] = epoch.seconds_train;
  json["seconds_validation"] = epoch.seconds_validation;
  json["seconds_checkpoint"] = epoch.seconds_checkpoint;
  json["seconds_waiting_for_data"] = epoch.seconds_waiting_for_data;
  json["images_per_second"] = epoch.images_per_second;
  json["best"] = epoch.best;
  return json;
}

Json preprocessing_json(const Preprocessing& preprocessing) {
  Json json;
  json["resize"] = preprocessing.fit == Fit::Stretch ? "area" : "centre-area";
  if (preprocessing.fit == Fit::Centre) json["centre_share"] = preprocessing.centre_share;
  json["width"] = preprocessing.width;
  json["height"] = preprocessing.height;
  json["channels"] = preprocessing.channels;
  json["mean"] = preprocessing.mean;
  json["std"] = preprocessing.std;
  return json;
}

double peak_memory_mib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

}  // namespace

void require_valid(const TrainConfig& config) {
  require(config.num_epochs >= 1, "num-epochs", config.num_epochs, "at least 1");
  require(config.batch_size >= 1, "batch-size", config.batch_size, "at least 1");
  require(std::isfinite(config.learning_rate) && config.learning_rate > 0, "lr", config.learning_rate,
          "a number above 0");
  require(std::isfinite(config.weight_decay) && config.weight_decay >= 0, "weight-decay", config.weight_decay,
          "a number of at least 0");
  require(config.momentum >= 0 && config.momentum < 1, "momentum", config.momentum, "a number from 0 to below 1");
  require(std::isfinite(config.warmup_epochs) && config.warmup_epochs >= 0, "warmup", config.warmup_epochs,
          "a number of epochs of at least 0");
  require(config.start_share > 0 && config.start_share <= 1, "start-share", config.start_share,
          "a number above 0 and at most 1");
  require(config.end_share >= config.start_share && config.end_share <= 1, "end-share", config.end_share,
          "a number from --start-share to 1");
  require(config.mix_probability >= 0 && config.mix_probability <= 1, "mix", config.mix_probability,
          "a number from 0 to 1");
  require(config.label_smoothing >= 0 && config.label_smoothing < 1, "label-smoothing", config.label_smoothing,
          "a number from 0 to below 1");
  require(config.ema >= 0 && config.ema < 1, "ema", config.ema, "a number from 0 to below 1");
  require(std::isfinite(config.fine_tune_lr) && config.fine_tune_lr > 0, "fine-tune-lr", config.fine_tune_lr,
          "a number above 0");
  require(config.layer_decay > 0 && config.layer_decay <= 1, "layer-decay", config.layer_decay,
          "a number above 0 and at most 1");
  require(config.freeze_stages >= 0, "freeze", config.freeze_stages, "a number of stages of at least 0");
  require(config.augmented_views >= 0 && config.augmented_views <= 64, "features-from-augmented",
          config.augmented_views, "a number of views from 0 to 64");
  require(!config.unfreeze_at || *config.unfreeze_at >= 1, "unfreeze-at", config.unfreeze_at.value_or(1),
          "a number of epochs of at least 1");
  require(!config.unfreeze_at || config.freeze_backbone, "unfreeze-at", config.unfreeze_at.value_or(1),
          "a frozen backbone (--freeze backbone)");
  require(config.early_stopping >= 0, "early-stopping", config.early_stopping, "a number of epochs of at least 0");
  require(config.validate_every >= 1, "validate-every", config.validate_every, "a number of epochs of at least 1");
  if (config.image_size) {
    require(*config.image_size >= 1 && *config.image_size <= 1024, "image-size", *config.image_size,
            "a number of pixels from 1 to 1024");
  }
  const bool plain_name = !config.model_name.empty() && config.model_name.find('/') == std::string::npos;
  if (!plain_name) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("model-filename \"{}\": a name without \"/\" is needed; the folder is --model-dir",
                            config.model_name));
  }
}

void require_writable_folder(const fs::path& folder) {
  create_folders(folder);
  // Creates and removes a temporary file; the target is never touched.
  const AtomicFile probe(folder / "probe");
}

void require_resumable(const fs::path& latest) {
  std::error_code ignored;
  if (fs::is_regular_file(latest, ignored)) return;
  throw Error(ErrorCode::NotFound,
              fmt::format("cannot resume: there is no {}; give --model-filename of the run to go on with, or train "
                          "without --resume",
                          latest.string()));
}

void write_run_report(const fs::path& path, const TrainConfig& config, const Preprocessing& preprocessing,
                      const TrainReport& report) {
  Json json;
  json["format"] = 1;
  json["model"] = report.model_name;
  json["classes"] = config.classes;
  json["settings"] = settings_json(config);
  json["preprocessing"] = preprocessing_json(preprocessing);
  json["data"] = {{"digest", report.data_digest},
                  {"train_images", report.train_images},
                  {"val_images", report.val_images},
                  {"skipped_images", report.skipped_images},
                  {"decoded_images", report.decoded_images},
                  {"new_features", report.new_features}};
  json["step_precision"] = to_string(report.step_precision);
  json["seconds_preparing"] = report.seconds_preparing;
  json["best_epoch"] = report.best_epoch;
  json["best_val_accuracy"] = report.best_val_accuracy;
  json["interrupted"] = report.interrupted;
  json["stopped_early"] = report.stopped_early;
  json["epochs"] = Json::array();
  for (const EpochReport& epoch : report.epochs) json["epochs"].push_back(epoch_json(epoch));
  json["peak_memory_mib"] = std::round(peak_memory_mib() * 10) / 10;
  json["versions"] = {
      {"animalctl", kVersion}, {"commit", kCommit}, {"libtorch", kTorchVersion}, {"opencv", kOpenCvVersion}};
  write_file_atomic(path, json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace animalctl
