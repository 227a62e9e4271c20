#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "animalctl/checkpoint/value.h"
#include "animalctl/train/train.h"
#include "train/schedule.h"

namespace animalctl {

// Where a run is: all that --resume needs beside the weights and the optimizer. Data order and augmentation are
// functions of (seed, epoch, sample), so no generator has to be saved.
struct TrainingState {
  int epoch = 0;                 // the epoch under way
  std::int64_t step = 0;         // steps done in it
  double running_loss = 0;       // sum of loss · images over these steps
  std::int64_t images_seen = 0;  // images in these steps
  double seconds_train = 0;      // spent in these steps
  double best_accuracy = -1;     // −1: no epoch has completed
  double best_loss = 1e300;
  int best_epoch = -1;
  int epochs_without_improvement = 0;
  bool finished = false;  // all epochs done, or stopped early
  bool stopped_early = false;
  std::int64_t average_updates = 0;  // of the moving average
  // Of the steps of the whole network, or part of its backbone; Auto: there has been none.
  Precision step_precision = Precision::Auto;
  Schedule::Plateau plateau;
  std::vector<EpochReport> history;
};

// To and from the "training" entry of a checkpoint, together with the settings that the result depends on.
checkpoint::Value save_training_state(const TrainingState& state, const TrainConfig& config,
                                      const std::string& data_digest);

// Throws DataLoss when the entry is damaged, FailedPrecondition naming every setting that differs from the saved
// run: continuing would end at other weights than either run. num_epochs may grow where no schedule depends on it.
TrainingState load_training_state(const checkpoint::Value& value, const TrainConfig& config,
                                  const std::string& data_digest, const std::string& origin);

}  // namespace animalctl
