#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "animalctl/base/progress.h"
#include "animalctl/model/predictor.h"

namespace animalctl {

enum class OptimizerKind { Sgd, Adam, AdamW, Muon };
enum class ScheduleKind { Constant, Cosine, OneCycle, Plateau };
enum class AugmentKind { None, Light, Strong, Crop };
enum class ClassWeights { None, Balanced };

// What a training run is asked to do. Defaults are the seed's.
struct TrainConfig {
  // Data
  std::filesystem::path train_csv;
  std::filesystem::path val_csv;
  std::filesystem::path frames_dir;  // where relative rows are looked up too
  std::filesystem::path annotations_dir;
  std::vector<std::string> classes = {"CAT", "DOG"};  // index = class number
  bool strict = false;                                // stop at the first bad frame instead of skipping it
  bool allow_one_class = false;                       // train although a class has no image at all

  // Model
  std::string architecture = "animalnet";
  std::optional<int> image_size;  // pixels a side; none: the architecture's own

  // Weights to start from. With a backbone: published ones, or of an earlier model, whose head may give way to a new
  // one. Without: an earlier model of the same architecture, classes and shapes.
  std::filesystem::path weights;   // .pth or .safetensors; empty: from nothing
  bool freeze_backbone = false;    // train the head alone, on cached features
  int freeze_stages = 0;           // without freeze_backbone: so many stages from the input stay as they are
  std::optional<int> unfreeze_at;  // with freeze_backbone: after so many epochs train the rest too, ≥ 1
  double fine_tune_lr = 1e-4;      // > 0; learning rate of the epochs that train (part of) the backbone
  double layer_decay = 0.8;        // in (0, 1]; each stage further from the head learns that much slower
  int augmented_views = 0;         // ≥ 0; features of so many changed views of each training image are cached too

  // Optimisation
  int num_epochs = 3;           // ≥ 1, counted from the start also with resume
  int batch_size = 1;           // images a step; the last batch may be smaller
  double learning_rate = 3e-4;  // > 0; the peak with one-cycle; with muon of the kernels
  double weight_decay = 0;      // ≥ 0; L2 for sgd and adam, decoupled otherwise
  double momentum = 0.9;        // sgd and muon, in [0, 1)
  OptimizerKind optimizer = OptimizerKind::Adam;
  ScheduleKind schedule = ScheduleKind::Constant;
  double warmup_epochs = 0;  // linear warm-up from 0, before the schedule
  int early_stopping = 0;    // validations without a better one; 0: off
  int validate_every = 1;    // ≥ 1; epochs from one validation to the next; the last epoch always has one
  ClassWeights class_weights = ClassWeights::None;
  AugmentKind augment = AugmentKind::None;
  double start_share = 1;  // in (0, 1]: share of the model's image side in the first epochs, growing to end_share
  double end_share = 1;    // in (0, 1], ≥ start_share: share of the model's image side in the last epochs
  double mix_probability =
      0;  // in [0, 1]: share of the steps whose images are mixed in pairs, and their labels with them
  double label_smoothing = 0;  // in [0, 1)
  double ema = 0;              // in [0, 1): decay of a moving average of the weights, which then is the model; 0: off
  std::uint64_t seed = 0;

  // Machine
  int threads = 0;          // data workers; 0: one a core; never changes a result
  int compute_threads = 0;  // of one training step; 0: one a core (animalnet: 1); sums may differ in the last bit
  Device device = Device::Auto;
  Precision precision = Precision::Auto;      // of frozen backbones and of training steps
  std::filesystem::path cache_dir = "cache";  // decoded images and features; empty: no cache on disk

  // Output
  std::filesystem::path model_dir;
  std::string model_name;  // <name>.pth, <name>_latest.pth, <name>.json
  bool resume = false;     // continue from <name>_latest.pth
};

struct EpochReport {
  int epoch = 0;  // 0-based
  double train_loss = 0;
  double val_loss = 0;  // NaN, as is val_accuracy, in an epoch without validation
  double val_accuracy = 0;
  double learning_rate = 0;  // at the epoch's last step
  double seconds_train = 0;
  double seconds_validation = 0;
  double seconds_checkpoint = 0;
  double seconds_waiting_for_data = 0;  // part of seconds_train in which the step had no batch
  double images_per_second = 0;         // training images over seconds_train
  bool best = false;                    // <name>.pth was written at this epoch
};

struct TrainReport {
  std::string model_name;
  std::filesystem::path best_model;  // empty when no epoch completed
  std::filesystem::path latest_model;
  std::vector<EpochReport> epochs;  // those of earlier runs that were resumed first
  double best_val_accuracy = 0;
  int best_epoch = -1;
  std::size_t train_images = 0;
  std::size_t val_images = 0;
  std::size_t skipped_images = 0;              // unreadable or unlabelled, each reported
  std::size_t decoded_images = 0;              // those that were not in the cache of decoded images
  Precision step_precision = Precision::Auto;  // of the steps that trained a network; Auto: there were none
  std::size_t new_features = 0;                // views whose features were not in the cache
  double seconds_preparing = 0;                // reading, decoding and resizing both sets, before the first epoch
  bool interrupted = false;                    // stop was requested: <name>_latest.pth holds the exact place
  bool stopped_early = false;
  std::string data_digest;  // SHA-256 over names, contents and labels of both sets
};

// Follows a run: progress inside an epoch, and each epoch's figures when it ends.
class TrainObserver : public ProgressSink {
 public:
  virtual void epoch_ended(const EpochReport& epoch, int num_epochs) = 0;
};

// Trains a model and leaves <name>.pth (best validation accuracy), <name>_latest.pth (every epoch) and
// <name>.json (docs/formats/report.md) in model_dir. Deterministic: the same config gives the same
// weights whatever the number of threads, and a run that was stopped and resumed ends bit-identical to
// one that was not. Throws InvalidArgument (settings), NotFound, DataLoss, FailedPrecondition (one-class
// data, empty split, non-finite loss). When `stop` is requested the current step is finished and the
// report says `interrupted`.
TrainReport train(const TrainConfig& config, TrainObserver& observer, std::stop_token stop);

}  // namespace animalctl
