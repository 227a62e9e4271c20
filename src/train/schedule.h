#pragma once

#include <cstdint>

#include "animalctl/train/train.h"

namespace animalctl {

// The epochs that a schedule spans, and its base learning rate. A run with a frozen and a fine-tuning part has two.
struct ScheduleSpan {
  int first_epoch = 0;
  int epochs = 1;
  double learning_rate = 0;
};

// The learning rate of every step. A pure function of the step but for plateau, whose state is saved with
// the run. Not thread-safe.
//   constant   lr
//   cosine     lr · (1 + cos(π·t)) / 2, t from 0 to 1 over the steps after the warm-up (Loshchilov, Hutter 2017)
//   one-cycle  lr/25 → lr over the first 30 %, → lr/250000 over the rest, both by cosine: the defaults of
//              torch.optim.lr_scheduler.OneCycleLR (Smith, Topin 2018)
//   plateau    lr · 0.1^k, k raised each time the validation loss has not improved for 3 epochs
// With warm-up the first warmup_epochs rise linearly from lr/steps to lr.
class Schedule {
 public:
  Schedule(const TrainConfig& config, std::int64_t steps_per_epoch, const ScheduleSpan& span);
  Schedule(const TrainConfig& config, std::int64_t steps_per_epoch)
      : Schedule(config, steps_per_epoch, {0, config.num_epochs, config.learning_rate}) {}

  // `global_step` counts from 0 over the whole run.
  double learning_rate(std::int64_t global_step) const;
  // To be called after each epoch; only plateau uses it.
  void epoch_ended(double val_loss);

  // State of plateau for --resume.
  struct Plateau {
    double best_loss = 1e300;
    int epochs_without_improvement = 0;
    int reductions = 0;
  };
  const Plateau& plateau() const { return plateau_; }
  void restore(const Plateau& plateau) { plateau_ = plateau; }

 private:
  ScheduleKind kind_;
  double base_;
  std::int64_t first_step_;
  std::int64_t warmup_steps_;
  std::int64_t total_steps_;
  Plateau plateau_;
};

}  // namespace animalctl
