#pragma once

#include <chrono>
#include <limits>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "animalctl/train/train.h"
#include "model/head_network.h"
#include "model/model_file.h"
#include "model/network.h"
#include "train/batch_source.h"
#include "train/data_parallel.h"
#include "train/epoch_order.h"
#include "train/moving_average.h"
#include "train/optimizer.h"
#include "train/progressive_resizing.h"
#include "train/schedule.h"
#include "train/training_data.h"
#include "train/training_state.h"
#include "train/transfer.h"

namespace animalctl {

// One training run, from settings to files. Used once, from one thread.
class Trainer {
 public:
  Trainer(const TrainConfig& config, TrainObserver& observer, std::stop_token stop);
  TrainReport run();

 private:
  enum class EpochEnd { Completed, Interrupted };

  void start_weights();
  std::string take_weights();
  void prepare_run();
  void restore_run();
  void choose_precision();
  void enter_epoch();
  EpochEnd run_epoch();
  void train_step(const Batch& batch);
  torch::Tensor on_device(const torch::Tensor& tensor) const;
  void check_loss(double loss) const;
  struct Validation {
    double loss = std::numeric_limits<double>::quiet_NaN();
    double accuracy = std::numeric_limits<double>::quiet_NaN();
  };
  bool validation_is_due() const;
  Validation validate();
  void finish_epoch();
  void record_validation(const EpochReport& epoch);
  void record_epoch(const EpochReport& epoch);
  bool latest_is_due(const EpochReport& epoch) const;
  bool early_stop() const;
  double loss_and_gradient(const torch::Tensor& input, const torch::Tensor& targets, const torch::Tensor& weights,
                           std::int64_t global_step);
  bool head_only() const { return plan_.head_only(state_.epoch); }
  Schedule& schedule() { return head_only() ? *head_schedule_ : *schedule_; }
  Network& learner() { return head_only() ? static_cast<Network&>(*head_) : *network_; }
  void save(const std::filesystem::path& path, std::int64_t epoch, double loss);
  TrainReport make_report() const;

  const TrainConfig config_;
  TrainObserver& observer_;
  const std::stop_token stop_;
  const ArchitectureRow row_;
  Preprocessing preprocessing_;
  torch::Device device_;
  const std::shared_ptr<Network> network_;
  const std::shared_ptr<BackboneNetwork> backbone_;  // the same object, or null
  const TransferPlan plan_;
  const ProgressiveResizing resizing_;
  std::shared_ptr<HeadNetwork> head_;  // with a backbone
  std::optional<ModelFile> resumed_;   // <name>_latest.pth as it was found
  std::optional<TrainingData> data_;
  std::int64_t steps_per_epoch_ = 0;

  std::optional<DataParallel> parallel_;  // of the whole network
  std::optional<Optimizer> optimizer_;
  std::optional<Schedule> schedule_;       // of epochs that train the whole network
  std::optional<Schedule> head_schedule_;  // of those that train the head alone
  std::optional<EpochOrder> order_;
  std::optional<MovingAverage> average_;
  std::optional<BatchSource> batches_;
  bool batches_are_features_ = false;
  int compute_threads_ = 1;  // of the epoch's steps
  TrainingState state_;
  std::chrono::steady_clock::time_point last_saved_;
  int last_saved_epoch_ = 0;
  bool interrupted_ = false;
};

}  // namespace animalctl
