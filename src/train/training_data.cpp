#include "train/training_data.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"
#include "animalctl/train/names.h"

namespace animalctl {
namespace {

AugmentationRange range_of(AugmentKind kind) {
  switch (kind) {
    case AugmentKind::None:
      return {};
    case AugmentKind::Light:
      return light_augmentation();
    case AugmentKind::Strong:
      return strong_augmentation();
    case AugmentKind::Crop:
      return crop_augmentation();
  }
  return {};
}

}  // namespace

TrainingData::TrainingData(const TrainConfig& config, const Preprocessing& preprocessing,
                           const Preprocessing& for_training, const TransferPlan& plan,
                           std::shared_ptr<BackboneNetwork> backbone, torch::Device device, TrainObserver& observer,
                           const std::stop_token& stop)
    : config_(config), preprocessing_(preprocessing), for_training_(for_training), observer_(observer), stop_(stop) {
  const auto started = std::chrono::steady_clock::now();
  if (plan.any_head_only()) load_feature_sets(std::move(backbone), device);
  if (plan.any_whole()) load_pixel_sets();
  seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  if (!config_.allow_one_class) require_every_class();
}

LabelledStoreOptions TrainingData::store_options(const std::filesystem::path& csv, const char* name) const {
  return {
      {csv, config_.frames_dir, config_.annotations_dir, ClassList(config_.classes), config_.strict, config_.threads},
      name,
      config_.threads};
}

void TrainingData::load_feature_sets(std::shared_ptr<BackboneNetwork> backbone, torch::Device device) {
  FeatureExtractor extractor(std::move(backbone), config_.architecture, preprocessing_, device, config_.precision);
  const std::shared_ptr<RecordCache> cache = open_feature_cache(config_.cache_dir, extractor);
  ViewOptions views;
  if (config_.augmented_views > 0) {
    const AugmentKind kind = config_.augment == AugmentKind::None ? AugmentKind::Light : config_.augment;
    views = {config_.augmented_views, std::string(to_string(kind)), range_of(kind), config_.seed};
  }
  training_features_ =
      load_features(store_options(config_.train_csv, "training"), extractor, cache, views, observer_, stop_);
  validation_features_ =
      load_features(store_options(config_.val_csv, "validation"), extractor, cache, {}, observer_, stop_);
  new_features_ = training_features_.computed + validation_features_.computed;
  if (new_features_ > 0) {
    log::info(fmt::format("computed {} features ({})", new_features_, extractor.description()));
  }
  feature_training_ = std::make_unique<FeatureSamples>(training_features_, config_.seed);
  feature_validation_ = std::make_unique<FeatureSamples>(validation_features_, config_.seed);
  take_note(training_features_.store, validation_features_.store);
}

void TrainingData::load_pixel_sets() {
  const bool augmented = config_.augment != AugmentKind::None;
  const Preparation exact = model_preparation(preprocessing_);
  const Preparation for_training =
      augmented ? augmentation_preparation(preprocessing_) : model_preparation(for_training_);
  const std::shared_ptr<RecordCache> exact_cache = open_frame_cache(config_.cache_dir, exact);
  // Where both are the same file there has to be one object: only one may append.
  const std::shared_ptr<RecordCache> training_cache =
      for_training.name == exact.name ? exact_cache : open_frame_cache(config_.cache_dir, for_training);
  training_frames_ =
      load_frames(store_options(config_.train_csv, "training"), for_training, training_cache, observer_, stop_);
  validation_frames_ = load_frames(store_options(config_.val_csv, "validation"), exact, exact_cache, observer_, stop_);
  decoded_ = training_frames_.made + validation_frames_.made;
  if (augmented) {
    pixel_training_ = std::make_unique<AugmentedSamples>(training_frames_, for_training, for_training_,
                                                         range_of(config_.augment), config_.seed);
  } else {
    pixel_training_ = std::make_unique<PixelSamples>(training_frames_, for_training_);
  }
  pixel_validation_ = std::make_unique<PixelSamples>(validation_frames_, preprocessing_);
  take_note(training_frames_, validation_frames_);
}

void TrainingData::take_note(const LabelledStore& training, const LabelledStore& validation) {
  const std::string digest = sha256(training.digest.hex() + validation.digest.hex()).hex();
  if (!digest_.empty() && digest != digest_) {
    throw Error(ErrorCode::FailedPrecondition,
                "images or labels were changed while they were read; train again when nobody writes to them");
  }
  digest_ = digest;
  skipped_ = training.skipped + validation.skipped;
}

void TrainingData::require_every_class() const {
  const std::vector<int>& labels = training_labels();
  for (std::size_t i = 0; i < config_.classes.size(); ++i) {
    if (std::find(labels.begin(), labels.end(), static_cast<int>(i)) != labels.end()) continue;
    throw Error(
        ErrorCode::FailedPrecondition,
        fmt::format("the training set {} has no {}: a model needs images of every class; label some, split again, "
                    "or insist with --allow-one-class",
                    config_.train_csv.string(), config_.classes[i]));
  }
}

}  // namespace animalctl
