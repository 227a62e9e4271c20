#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "animalctl/train/train.h"
#include "model/feature_extractor.h"
#include "train/feature_store.h"
#include "train/frame_store.h"
#include "train/samples.h"
#include "train/transfer.h"

namespace animalctl {

// The training and validation images of a run in every form that it needs: as features for epochs in which only the
// head learns, as pixels for the others. All of it is read before the first step, so that bad images are known then.
class TrainingData {
 public:
  // `for_training`: `preprocessing` at the size that the images of training have as pixels. `backbone` is used where
  // the plan has head-only epochs. Throws what load_frames() and load_features() throw, and FailedPrecondition when a
  // class has no training image (unless config.allow_one_class).
  TrainingData(const TrainConfig& config, const Preprocessing& preprocessing, const Preprocessing& for_training,
               const TransferPlan& plan, std::shared_ptr<BackboneNetwork> backbone, torch::Device device,
               TrainObserver& observer, const std::stop_token& stop);

  const Samples& training(bool head_only) const { return head_only ? *feature_training_ : *pixel_training_; }
  const Samples& validation(bool head_only) const { return head_only ? *feature_validation_ : *pixel_validation_; }
  const std::vector<int>& training_labels() const { return any_training().labels(); }
  const std::vector<int>& validation_labels() const { return any_validation().labels(); }
  std::size_t training_size() const { return any_training().size(); }

  std::string digest() const { return digest_; }
  std::size_t skipped() const { return skipped_; }
  std::size_t decoded() const { return decoded_; }
  std::size_t new_features() const { return new_features_; }
  double seconds() const { return seconds_; }

 private:
  const Samples& any_training() const { return feature_training_ ? *feature_training_ : *pixel_training_; }
  const Samples& any_validation() const { return feature_validation_ ? *feature_validation_ : *pixel_validation_; }
  LabelledStoreOptions store_options(const std::filesystem::path& csv, const char* name) const;
  void load_feature_sets(std::shared_ptr<BackboneNetwork> backbone, torch::Device device);
  void load_pixel_sets();
  void take_note(const LabelledStore& training, const LabelledStore& validation);
  void require_every_class() const;

  const TrainConfig& config_;
  const Preprocessing preprocessing_;
  const Preprocessing for_training_;
  TrainObserver& observer_;
  const std::stop_token stop_;
  FeatureSet training_features_;
  FeatureSet validation_features_;
  LabelledStore training_frames_;
  LabelledStore validation_frames_;
  std::unique_ptr<Samples> feature_training_;
  std::unique_ptr<Samples> feature_validation_;
  std::unique_ptr<Samples> pixel_training_;
  std::unique_ptr<Samples> pixel_validation_;
  std::string digest_;
  std::size_t skipped_ = 0;
  std::size_t decoded_ = 0;
  std::size_t new_features_ = 0;
  double seconds_ = 0;
};

}  // namespace animalctl
