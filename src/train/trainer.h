#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "animalctl/train/train.h"
#include "model/model_file.h"
#include "model/network.h"
#include "train/batch_source.h"
#include "train/epoch_order.h"
#include "train/optimizer.h"
#include "train/schedule.h"
#include "train/training_state.h"

namespace animalctl {

// One training run, from settings to files. Used once, from one thread.
class Trainer {
 public:
  Trainer(const TrainConfig& config, TrainObserver& observer, std::stop_token stop);
  TrainReport run();

 private:
  enum class EpochEnd { Completed, Interrupted };

  void load_data();
  void build_model();
  void restore_run();
  EpochEnd run_epoch();
  void train_step(const Batch& batch);
  void check_loss(double loss) const;
  struct Validation {
    double loss = 0;
    double accuracy = 0;
  };
  Validation validate();
  void finish_epoch();
  bool early_stop() const;
  void save(const std::filesystem::path& path, std::int64_t epoch, double loss);
  TrainReport make_report() const;

  const TrainConfig config_;
  TrainObserver& observer_;
  const std::stop_token stop_;
  const ArchitectureRow row_;
  Preprocessing preprocessing_;
  torch::Device device_;
  const std::shared_ptr<Network> network_;

  FrameStore train_;
  FrameStore val_;
  std::string data_digest_;
  double seconds_preparing_ = 0;
  std::int64_t steps_per_epoch_ = 0;

  std::optional<Optimizer> optimizer_;
  std::optional<Schedule> schedule_;
  std::optional<EpochOrder> order_;
  std::optional<BatchSource> batches_;
  TrainingState state_;
  bool interrupted_ = false;
};

}  // namespace animalctl
