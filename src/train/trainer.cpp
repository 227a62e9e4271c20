#include "train/trainer.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"
#include "animalctl/base/parallel.h"
#include "animalctl/base/text.h"
#include "animalctl/stats/metrics.h"
#include "model/device.h"
#include "model/tensor_conversion.h"
#include "train/run_report.h"
#include "train/scoring.h"

namespace animalctl {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

fs::path best_path(const TrainConfig& config) {
  return config.model_dir / (config.model_name + ".pth");
}
fs::path latest_path(const TrainConfig& config) {
  return config.model_dir / (config.model_name + "_latest.pth");
}
fs::path report_path(const TrainConfig& config) {
  return config.model_dir / (config.model_name + ".json");
}

Preprocessing choose_preprocessing(const TrainConfig& config, const ArchitectureRow& row) {
  Preprocessing preprocessing = row.default_preprocessing();
  if (config.image_size) preprocessing.width = preprocessing.height = *config.image_size;
  return preprocessing;
}

// n / (classes · n_c), as scikit-learn's "balanced".
std::vector<float> balanced_weights(const std::vector<int>& labels, std::size_t classes) {
  std::vector<double> counts(classes, 0);
  for (const int label : labels) counts[static_cast<std::size_t>(label)] += 1;
  std::vector<float> weights;
  for (const double count : counts) {
    // A class without images (--allow-one-class) has no weight to give.
    const double share = static_cast<double>(classes) * std::max(1.0, count);
    weights.push_back(static_cast<float>(static_cast<double>(labels.size()) / share));
  }
  return weights;
}

void require_every_class(const FrameStore& store, const TrainConfig& config) {
  for (std::size_t i = 0; i < config.classes.size(); ++i) {
    if (std::find(store.labels.begin(), store.labels.end(), static_cast<int>(i)) != store.labels.end()) continue;
    throw Error(
        ErrorCode::FailedPrecondition,
        fmt::format("the training set {} has no {}: a model needs images of every class; label some, split again, "
                    "or insist with --allow-one-class",
                    config.train_csv.string(), config.classes[i]));
  }
}

}  // namespace

Trainer::Trainer(const TrainConfig& config, TrainObserver& observer, std::stop_token stop)
    : config_(config),
      observer_(observer),
      stop_(std::move(stop)),
      row_(find_architecture(config.architecture)),
      preprocessing_(choose_preprocessing(config, row_)),
      device_(resolve_device(config.device)),
      // Before any image is read: classes that do not fit the architecture should not cost minutes.
      network_(row_.make({preprocessing_, config.classes.size()})) {}

TrainReport Trainer::run() {
  // Before the work of decoding: an unwritable folder or an unreadable checkpoint should not cost minutes.
  require_writable_folder(config_.model_dir);
  if (config_.resume) require_resumable(latest_path(config_));
  load_data();
  build_model();
  if (config_.resume) restore_run();
  while (!state_.finished && state_.epoch < config_.num_epochs) {
    if (run_epoch() == EpochEnd::Interrupted) {
      interrupted_ = true;
      const std::int64_t seen = std::max<std::int64_t>(1, state_.images_seen);
      save(latest_path(config_), state_.epoch, state_.running_loss / static_cast<double>(seen));
      break;
    }
    finish_epoch();
  }
  const TrainReport report = make_report();
  write_run_report(report_path(config_), config_, preprocessing_, report);
  return report;
}

void Trainer::load_data() {
  const auto started = Clock::now();
  const bool augmented = config_.augment != AugmentKind::None;
  const Preparation exact = model_preparation(preprocessing_);
  const Preparation for_training = augmented ? augmentation_preparation(preprocessing_) : exact;
  const auto exact_cache = std::make_shared<PreparedCache>(config_.cache_dir, exact.name, exact.size());
  const auto training_cache =
      augmented ? std::make_shared<PreparedCache>(config_.cache_dir, for_training.name, for_training.size())
                : exact_cache;
  const auto load = [&](const fs::path& csv, const char* name, const Preparation& preparation,
                        const std::shared_ptr<PreparedCache>& cache) {
    FrameStoreOptions options{
        {csv, config_.frames_dir, config_.annotations_dir, ClassList(config_.classes), config_.strict, config_.threads},
        name,
        config_.threads};
    return load_frames(options, preparation, cache, observer_, stop_);
  };
  train_ = load(config_.train_csv, "training", for_training, training_cache);
  val_ = load(config_.val_csv, "validation", exact, exact_cache);
  seconds_preparing_ = seconds_since(started);
  if (!config_.allow_one_class) require_every_class(train_, config_);
  data_digest_ = sha256(train_.digest.hex() + val_.digest.hex()).hex();
  const auto batch = static_cast<std::int64_t>(config_.batch_size);
  steps_per_epoch_ = (static_cast<std::int64_t>(train_.size()) + batch - 1) / batch;
}

void Trainer::build_model() {
  network_->initialise(config_.seed);
  network_->to(device_);
  optimizer_.emplace(config_, network_->parameters());
  schedule_.emplace(config_, steps_per_epoch_);
  order_.emplace(config_.seed, train_.size());
  BatchSourceOptions options;
  options.preprocessing = preprocessing_;
  options.batch_size = static_cast<std::size_t>(config_.batch_size);
  options.seed = config_.seed;
  options.threads = config_.threads > 0 ? config_.threads : available_cores();
  if (config_.augment == AugmentKind::Light) options.augmentation = light_augmentation();
  if (config_.augment == AugmentKind::Strong) options.augmentation = strong_augmentation();
  if (config_.class_weights == ClassWeights::Balanced) {
    options.class_weights = balanced_weights(train_.labels, config_.classes.size());
  }
  batches_.emplace(train_, std::move(options));
}

void Trainer::restore_run() {
  const fs::path path = latest_path(config_);
  const ModelFile file = read_model_file(path);
  if (!file.training_state || !file.optimizer_state) {
    throw Error(ErrorCode::FailedPrecondition,
                fmt::format("cannot resume from {}: it was not written by `animalctl train`", path.string()));
  }
  state_ = load_training_state(*file.training_state, config_, data_digest_, path.string());
  load_state_dict(*network_, file.state, path.string());
  optimizer_->load_state_dict(*file.optimizer_state, path.string());
  schedule_->restore(state_.plateau);
  // A run that ended because its epochs were over goes on when more are asked for.
  if (state_.finished && !state_.stopped_early && state_.epoch < config_.num_epochs) state_.finished = false;
}

Trainer::EpochEnd Trainer::run_epoch() {
  network_->train();
  batches_->begin_epoch(state_.epoch, order_->permutation(state_.epoch), static_cast<std::size_t>(state_.step));
  observer_.begin(fmt::format("epoch {}/{}", state_.epoch + 1, config_.num_epochs), train_.size());
  const auto started = Clock::now();
  const double seconds_before = state_.seconds_train;
  Batch batch;
  bool stopped = stop_.stop_requested();
  while (!stopped && batches_->next(batch)) {
    train_step(batch);
    observer_.advance(static_cast<std::size_t>(state_.images_seen));
    stopped = stop_.stop_requested();
  }
  state_.seconds_train = seconds_before + seconds_since(started);
  observer_.end();
  return stopped && state_.step < steps_per_epoch_ ? EpochEnd::Interrupted : EpochEnd::Completed;
}

void Trainer::train_step(const Batch& batch) {
  const std::int64_t global_step = static_cast<std::int64_t>(state_.epoch) * steps_per_epoch_ + state_.step;
  const bool move = !device_.is_cpu();
  const torch::Tensor input = move ? batch.input.to(device_) : batch.input;
  const torch::Tensor targets = move ? batch.targets.to(device_) : batch.targets;
  const torch::Tensor weights = move && batch.weights.defined() ? batch.weights.to(device_) : batch.weights;
  const double value = network_->loss_and_gradient(input, targets, weights);
  check_loss(value);
  optimizer_->step(schedule_->learning_rate(global_step));
  const std::int64_t images = batch.targets.size(0);
  state_.running_loss += value * static_cast<double>(images);
  state_.images_seen += images;
  ++state_.step;
}

void Trainer::check_loss(double loss) const {
  if (std::isfinite(loss)) return;
  const std::string kept = state_.history.empty()
                               ? std::string("no epoch was completed, so no checkpoint was written")
                               : fmt::format("{} holds the last good state, after epoch {}",
                                             latest_path(config_).string(), state_.history.back().epoch + 1);
  throw Error(ErrorCode::FailedPrecondition,
              fmt::format("the training loss became {} at epoch {}, step {}; {}; try a smaller --lr (now {})",
                          python_float(loss), state_.epoch + 1, state_.step + 1, kept, config_.learning_rate));
}

Trainer::Validation Trainer::validate() {
  network_->eval();
  const std::vector<float> scores = score_store(*network_, device_, preprocessing_, val_);
  for (const float score : scores) check_loss(score);
  const ClassificationMetrics metrics = binary_metrics(scores, val_.labels);
  return {metrics.loss, metrics.accuracy};
}

void Trainer::finish_epoch() {
  const auto validation_started = Clock::now();
  const Validation validation = validate();
  EpochReport epoch;
  epoch.epoch = state_.epoch;
  epoch.train_loss = state_.running_loss / static_cast<double>(train_.size());
  epoch.val_loss = validation.loss;
  epoch.val_accuracy = validation.accuracy;
  epoch.learning_rate = schedule_->learning_rate(static_cast<std::int64_t>(state_.epoch + 1) * steps_per_epoch_ - 1);
  epoch.seconds_train = state_.seconds_train;
  epoch.seconds_waiting_for_data = batches_->seconds_waited();
  epoch.seconds_validation = seconds_since(validation_started);
  epoch.images_per_second = static_cast<double>(train_.size()) / std::max(1e-9, epoch.seconds_train);
  epoch.best = validation.accuracy > state_.best_accuracy;

  const bool improved = epoch.best || validation.loss < state_.best_loss;
  state_.epochs_without_improvement = improved ? 0 : state_.epochs_without_improvement + 1;
  state_.best_loss = std::min(state_.best_loss, validation.loss);
  if (epoch.best) {
    state_.best_accuracy = validation.accuracy;
    state_.best_epoch = state_.epoch;
  }
  schedule_->epoch_ended(validation.loss);
  state_.plateau = schedule_->plateau();
  state_.history.push_back(epoch);
  state_.epoch += 1;
  state_.step = state_.images_seen = 0;
  state_.running_loss = state_.seconds_train = 0;
  state_.stopped_early = early_stop();
  state_.finished = state_.stopped_early || state_.epoch >= config_.num_epochs;

  const auto checkpoint_started = Clock::now();
  // The best first: should the disk be full, <name>_latest.pth still belongs to the epoch before.
  if (epoch.best) save(best_path(config_), epoch.epoch, epoch.train_loss);
  save(latest_path(config_), epoch.epoch, epoch.train_loss);
  state_.history.back().seconds_checkpoint = seconds_since(checkpoint_started);
  observer_.epoch_ended(state_.history.back(), config_.num_epochs);
}

bool Trainer::early_stop() const {
  return config_.early_stopping > 0 && state_.epochs_without_improvement >= config_.early_stopping;
}

void Trainer::save(const fs::path& path, std::int64_t epoch, double loss) {
  ModelFile file;
  file.architecture = config_.architecture;
  file.classes = config_.classes;
  file.preprocessing = preprocessing_;
  file.state = make_state_dict(*network_);
  file.epoch = epoch;
  file.loss = loss;
  file.optimizer_state = optimizer_->state_dict();
  file.training_state = save_training_state(state_, config_, data_digest_);
  write_model_file(path, file);
}

TrainReport Trainer::make_report() const {
  TrainReport report;
  report.model_name = config_.model_name;
  if (state_.best_epoch >= 0) report.best_model = best_path(config_);
  report.latest_model = latest_path(config_);
  report.epochs = state_.history;
  report.best_val_accuracy = std::max(0.0, state_.best_accuracy);
  report.best_epoch = state_.best_epoch;
  report.train_images = train_.size();
  report.val_images = val_.size();
  report.skipped_images = train_.skipped + val_.skipped;
  report.decoded_images = train_.decoded + val_.decoded;
  report.seconds_preparing = seconds_preparing_;
  report.interrupted = interrupted_;
  report.stopped_early = state_.stopped_early;
  report.data_digest = data_digest_;
  return report;
}

TrainReport train(const TrainConfig& config, TrainObserver& observer, std::stop_token stop) {
  require_valid(config);
  return Trainer(config, observer, std::move(stop)).run();
}

}  // namespace animalctl
