#include "train/trainer.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"
#include "animalctl/base/parallel.h"
#include "animalctl/base/random.h"
#include "animalctl/base/text.h"
#include "animalctl/stats/metrics.h"
#include "model/device.h"
#include "model/pretrained.h"
#include "model/tensor_conversion.h"
#include "train/mixing.h"
#include "train/run_report.h"
#include "train/scoring.h"
#include "train/step_precision.h"

namespace animalctl {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kSecondsBetweenSaves = 1;

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

}  // namespace

Trainer::Trainer(const TrainConfig& config, TrainObserver& observer, std::stop_token stop)
    : config_(config),
      observer_(observer),
      stop_(std::move(stop)),
      row_(find_architecture(config.architecture)),
      preprocessing_(choose_preprocessing(config, row_)),
      device_(resolve_device(config.device)),
      // Before any image is read: settings that do not fit the architecture should not cost minutes.
      network_(row_.make({preprocessing_, config.classes.size()})),
      backbone_(std::dynamic_pointer_cast<BackboneNetwork>(network_)),
      plan_(config_, *network_, backbone_.get()),
      resizing_(config_, row_, preprocessing_) {}

TrainReport Trainer::run() {
  // Before the work of decoding: an unwritable folder or an unreadable checkpoint should not cost minutes.
  require_writable_folder(config_.model_dir);
  if (config_.resume) require_resumable(latest_path(config_));
  start_weights();
  network_->eval();
  data_.emplace(config_, preprocessing_, resizing_.largest(), plan_, backbone_, device_, observer_, stop_);
  prepare_run();
  if (config_.resume) restore_run();
  choose_precision();
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

// The weights a run begins or goes on with. They have to be there before features are computed.
void Trainer::start_weights() {
  if (config_.resume) {
    resumed_ = read_model_file(latest_path(config_));
    const checkpoint::Dict& weights = resumed_->raw_state ? *resumed_->raw_state : resumed_->state;
    load_state_dict(*network_, weights, latest_path(config_).string());
  } else {
    network_->initialise(config_.seed);
    if (!config_.weights.empty()) log::info(take_weights());
  }
  network_->to(device_);
}

std::string Trainer::take_weights() {
  if (backbone_) return load_pretrained(*backbone_, config_.architecture, config_.weights, config_.seed);
  return load_trained(*network_, {config_.architecture, config_.classes, preprocessing_}, config_.weights);
}

void Trainer::prepare_run() {
  const auto batch = static_cast<std::int64_t>(config_.batch_size);
  steps_per_epoch_ = (static_cast<std::int64_t>(data_->training_size()) + batch - 1) / batch;
  if (backbone_) {
    head_ = std::make_shared<HeadNetwork>(backbone_);
    head_->to(device_);
  }
  parallel_.emplace(network_, [this] { return row_.make({preprocessing_, config_.classes.size()}); });
  optimizer_.emplace(config_, network_->parameters(), plan_.learning_rate_scales());
  schedule_.emplace(config_, steps_per_epoch_, plan_.whole_span());
  head_schedule_.emplace(config_, steps_per_epoch_, plan_.head_span());
  order_.emplace(config_.seed, data_->training_size());
  if (config_.ema > 0) average_.emplace(*network_, config_.ema);
}

void Trainer::restore_run() {
  const std::string origin = latest_path(config_).string();
  if (!resumed_->training_state || !resumed_->optimizer_state) {
    throw Error(ErrorCode::FailedPrecondition,
                fmt::format("cannot resume from {}: it was not written by `animalctl train`", origin));
  }
  state_ = load_training_state(*resumed_->training_state, config_, data_->digest(), origin);
  last_saved_epoch_ = state_.history.empty() ? 0 : state_.history.back().epoch;
  optimizer_->load_state_dict(*resumed_->optimizer_state, origin);
  if (average_) average_->restore(resumed_->state, state_.average_updates, origin);
  schedule().restore(state_.plateau);
  resumed_.reset();
  // A run that ended because its epochs were over goes on when more are asked for.
  if (state_.finished && !state_.stopped_early && state_.epoch < config_.num_epochs) state_.finished = false;
}

void Trainer::choose_precision() {
  if (!plan_.any_whole()) return;
  const bool has_bfloat16 = processor_has_bfloat16();
  const Precision chosen = choose_step_precision(config_.precision, row_, device_, has_bfloat16);
  const Precision saved = state_.step_precision;
  state_.step_precision = saved == Precision::Auto ? chosen
                                                   : resume_step_precision(saved, config_.precision, device_,
                                                                           has_bfloat16, latest_path(config_).string());
  network_->use_mixed_precision(state_.step_precision == Precision::Bf16);
  optimizer_->use_mixed_precision(state_.step_precision == Precision::Bf16);
}

// Chooses what learns in the epoch, and from what.
void Trainer::enter_epoch() {
  plan_.apply(state_.epoch);
  // One linear layer is done before a second thread has woken up.
  const bool one_layer = head_only() || network_->parameters().size() <= 2;
  const int threads = config_.compute_threads > 0 ? config_.compute_threads : available_cores();
  compute_threads_ = one_layer ? 1 : threads;
  at::set_num_threads(compute_threads_);
  network_->train();
  if (head_) head_->train();
  if (!batches_ || batches_are_features_ != head_only()) {
    BatchSourceOptions options;
    options.batch_size = static_cast<std::size_t>(config_.batch_size);
    options.threads = config_.threads > 0 ? config_.threads : available_cores();
    options.pinned = device_.is_cuda();
    if (config_.class_weights == ClassWeights::Balanced) {
      options.class_weights = balanced_weights(data_->training_labels(), config_.classes.size());
    }
    batches_.emplace(data_->training(head_only()), std::move(options));
    batches_are_features_ = head_only();
  }
  batches_->begin_epoch(state_.epoch, order_->permutation(state_.epoch), static_cast<std::size_t>(state_.step));
}

Trainer::EpochEnd Trainer::run_epoch() {
  enter_epoch();
  observer_.begin(fmt::format("epoch {}/{}", state_.epoch + 1, config_.num_epochs), data_->training_size());
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
  const torch::Tensor input = on_device(batch.input);
  const torch::Tensor targets = on_device(batch.targets);
  const torch::Tensor weights = on_device(batch.weights);
  // Dropout draws from LibTorch's generator; seeded by the step, so that a resumed run draws the same.
  if (backbone_) torch::manual_seed(RandomStream(config_.seed, "step", static_cast<std::uint64_t>(global_step)).next());
  const double value = loss_and_gradient(input, targets, weights, global_step);
  check_loss(value);
  optimizer_->step(schedule().learning_rate(global_step), device_.is_cpu() ? compute_threads_ : 1);
  if (average_) average_->update();
  const std::int64_t images = batch.targets.size(0);
  state_.running_loss += value * static_cast<double>(images);
  state_.images_seen += images;
  ++state_.step;
}

// The copy overlaps with what the GPU still does. The step reads the loss at its end, and with it waits for the copy,
// before the batch is overwritten.
torch::Tensor Trainer::on_device(const torch::Tensor& tensor) const {
  return device_.is_cpu() || !tensor.defined() ? tensor : tensor.to(device_, /*non_blocking=*/true);
}

double Trainer::loss_and_gradient(const torch::Tensor& input, const torch::Tensor& targets,
                                  const torch::Tensor& weights, std::int64_t global_step) {
  if (head_only()) return head_->loss_and_gradient(input, targets, weights, config_.label_smoothing);
  torch::Tensor images = resizing_.apply(input, state_.epoch);
  torch::Tensor labels = targets;
  RandomStream random(config_.seed, "mix", static_cast<std::uint64_t>(global_step));
  if (random.uniform() < config_.mix_probability) labels = mix_pairs(images, targets, config_.classes.size(), random);
  return parallel_->loss_and_gradient(images, labels, weights, config_.label_smoothing, compute_threads_);
}

void Trainer::check_loss(double loss) const {
  if (std::isfinite(loss)) return;
  const std::string kept = state_.history.empty() ? std::string("no epoch was completed, so no checkpoint was written")
                                                  : fmt::format("{} holds the last good state, after epoch {}",
                                                                latest_path(config_).string(), last_saved_epoch_ + 1);
  throw Error(ErrorCode::FailedPrecondition,
              fmt::format("the training loss became {} at epoch {}, step {}; {}; try a smaller --lr (now {})",
                          python_float(loss), state_.epoch + 1, state_.step + 1, kept, config_.learning_rate));
}

bool Trainer::validation_is_due() const {
  const int done = state_.epoch + 1;
  return done % config_.validate_every == 0 || done >= config_.num_epochs;
}

Trainer::Validation Trainer::validate() {
  network_->eval();
  if (head_) head_->eval();
  // What is validated is what is saved: the moving average, where there is one.
  if (average_) average_->swap();
  const std::vector<float> scores = score_samples(learner(), device_, data_->validation(head_only()));
  if (average_) average_->swap();
  for (const float score : scores) check_loss(score);
  const ClassificationMetrics metrics = score_metrics(scores, config_.classes.size(), data_->validation_labels());
  return {metrics.loss, metrics.accuracy};
}

void Trainer::finish_epoch() {
  const auto validation_started = Clock::now();
  const Validation validation = validation_is_due() ? validate() : Validation{};
  const auto images = static_cast<double>(data_->training_size());
  EpochReport epoch;
  epoch.epoch = state_.epoch;
  epoch.train_loss = state_.running_loss / images;
  epoch.val_loss = validation.loss;
  epoch.val_accuracy = validation.accuracy;
  epoch.learning_rate = schedule().learning_rate(static_cast<std::int64_t>(state_.epoch + 1) * steps_per_epoch_ - 1);
  epoch.seconds_train = state_.seconds_train;
  epoch.seconds_waiting_for_data = batches_->seconds_waited();
  epoch.seconds_validation = seconds_since(validation_started);
  epoch.images_per_second = images / std::max(1e-9, epoch.seconds_train);
  epoch.best = validation.accuracy > state_.best_accuracy;
  record_epoch(epoch);

  const auto checkpoint_started = Clock::now();
  // The best first: should the disk be full, <name>_latest.pth still belongs to the epoch before.
  if (epoch.best) save(best_path(config_), epoch.epoch, epoch.train_loss);
  if (latest_is_due(epoch)) {
    save(latest_path(config_), epoch.epoch, epoch.train_loss);
    last_saved_epoch_ = epoch.epoch;
    last_saved_ = Clock::now();
  }
  state_.history.back().seconds_checkpoint = seconds_since(checkpoint_started);
  observer_.epoch_ended(state_.history.back(), config_.num_epochs);
}

void Trainer::record_validation(const EpochReport& epoch) {
  const bool improved = epoch.best || epoch.val_loss < state_.best_loss;
  state_.epochs_without_improvement = improved ? 0 : state_.epochs_without_improvement + 1;
  state_.best_loss = std::min(state_.best_loss, epoch.val_loss);
  if (epoch.best) {
    state_.best_accuracy = epoch.val_accuracy;
    state_.best_epoch = state_.epoch;
  }
  schedule().epoch_ended(epoch.val_loss);
}

// Moves the state on to the next epoch.
void Trainer::record_epoch(const EpochReport& epoch) {
  if (!std::isnan(epoch.val_loss)) record_validation(epoch);
  state_.history.push_back(epoch);
  state_.epoch += 1;
  // Of the epoch that comes next: fine-tuning does not inherit what the head's loss did.
  state_.plateau = schedule().plateau();
  state_.step = state_.images_seen = 0;
  state_.running_loss = state_.seconds_train = 0;
  state_.stopped_early = early_stop();
  state_.finished = state_.stopped_early || state_.epoch >= config_.num_epochs;
}

// An epoch of a head takes a tenth of a second, less than writing its checkpoint safely: once a second is enough.
bool Trainer::latest_is_due(const EpochReport& epoch) const {
  const bool quick = plan_.head_only(epoch.epoch) && epoch.epoch > 0 && !state_.finished;
  return !quick || seconds_since(last_saved_) >= kSecondsBetweenSaves;
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
  if (average_) {
    // The file's network is the average; a run that is resumed needs what the steps go on from too.
    state_.average_updates = average_->updates();
    if (path == latest_path(config_)) file.raw_state = std::move(file.state);
    average_->swap();
    file.state = make_state_dict(*network_);
    average_->swap();
  }
  file.training_state = save_training_state(state_, config_, data_->digest());
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
  report.train_images = data_->training_size();
  report.val_images = data_->validation_labels().size();
  report.skipped_images = data_->skipped();
  report.decoded_images = data_->decoded();
  report.step_precision = state_.step_precision;
  report.new_features = data_->new_features();
  report.seconds_preparing = data_->seconds();
  report.interrupted = interrupted_;
  report.stopped_early = state_.stopped_early;
  report.data_digest = data_->digest();
  return report;
}

TrainReport train(const TrainConfig& config, TrainObserver& observer, std::stop_token stop) {
  require_valid(config);
  return Trainer(config, observer, std::move(stop)).run();
}

}  // namespace animalctl
