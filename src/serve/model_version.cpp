#include "serve/model_version.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <nlohmann/json.hpp>

#include "animalctl/base/parallel.h"
#include "animalctl/batching/batcher.h"
#include "serve/run_batch.h"
#include "serve/slot_pool.h"

namespace animalctl::serve {
namespace {

using batching::Admission;
using batching::Batcher;
using batching::CoreGate;
using batching::Outcome;

constexpr int kMostWorkers = 128;

std::shared_ptr<CoreGate> process_gate() {
  static const auto gate = std::make_shared<CoreGate>(static_cast<std::size_t>(available_cores()));
  return gate;
}

Batcher::Options batcher_options(const VersionSettings& settings, const ServingModel& model) {
  Batcher::Options options;
  const int batch = std::min(settings.batch_size, model.best_batch());
  options.limits.batch_size = static_cast<std::size_t>(std::max(1, batch));
  options.limits.max_delay = settings.max_batch_delay;
  options.capacity = settings.job_queue_size;
  options.cores = static_cast<std::size_t>(available_cores());
  return options;
}

// Inside a version, ResourceExhausted is a full queue and DeadlineExceeded the request's deadline.
Error error_of_picture(const Error& error) {
  const bool limit = error.code() == ErrorCode::ResourceExhausted || error.code() == ErrorCode::DeadlineExceeded;
  return limit ? Error(ErrorCode::InvalidArgument, error.message()) : error;
}

}  // namespace

struct ModelVersion::State {
  State(VersionFacts given, std::unique_ptr<const ServingModel> network, const VersionSettings& chosen,
        const nlohmann::ordered_json& described, std::shared_ptr<CoreGate> decoders)
      : facts(std::move(given)),
        model(std::move(network)),
        metadata(described),
        gate(decoders ? std::move(decoders) : process_gate()),
        settings(chosen),
        slots(model->input_size(), model->row_size()),
        batcher(
            batcher_options(settings, *model),
            [this](std::span<batching::Job* const> jobs) { run_batch(*model, jobs); },
            [this](batching::Job& job) { slots.give_back(static_cast<Slot&>(job)); }) {}

  // One image of a request between acceptance and answer.
  struct Pending {
    Slot* slot = nullptr;
    PictureFacts picture;
    Clock::duration decode{};
  };

  Error refusal(Admission admission) const;
  Error failure(Outcome outcome) const;
  Clock::time_point deadline_of(const RequestLimits& limits) const;
  // Prepares a picture that was admitted, by `prepare(input)`, and queues it; gives the admission back when it cannot.
  template <typename Prepare>
  Result<Pending> start(const Prepare& prepare, const RequestLimits& limits, Clock::time_point deadline);
  // `prepare(input)` when it is its turn at the gate.
  template <typename Prepare>
  Result<PictureFacts> prepare_in_turn(const Prepare& prepare, const RequestLimits& limits, Clock::time_point deadline,
                                       Slot& slot, Clock::duration& took);
  Result<PictureFacts> prepare_pixels(const PixelPictures& pictures, std::size_t index, std::span<float> input) const;
  // The same for an input that is ready.
  Result<Pending> start_prepared(std::span<const float> input, const RequestLimits& limits, Clock::time_point deadline);
  // Admits, starts and finishes images of one request by `start_one(index)`; see predict_many().
  template <typename Start>
  std::vector<Result<Prediction>> run_many(std::size_t count, const Start& start_one);
  void check_input(std::span<const float> input) const;
  // Queues a slot whose input is ready. Null when it is queued.
  std::optional<Error> push(Slot& slot, const RequestLimits& limits, Clock::time_point deadline);
  // Waits for a queued one.
  Result<Prediction> finish(const Pending& pending);

  const VersionFacts facts;
  const std::unique_ptr<const ServingModel> model;
  const nlohmann::ordered_json metadata;
  const std::shared_ptr<CoreGate> gate;
  mutable std::mutex mutex;
  VersionSettings settings;  // the numbers of workers: guarded by mutex
  SlotPool slots;
  Batcher batcher;  // last, so that its threads end before what they use
};

Error ModelVersion::State::refusal(Admission admission) const {
  switch (admission) {
    case Admission::NoWorker:
      return Error(ErrorCode::Unavailable,
                   fmt::format("Model \"{}\" has no worker to serve inference request. Please use scale workers API to "
                               "add workers.",
                               facts.model));
    case Admission::Full:
      return Error(ErrorCode::ResourceExhausted,
                   fmt::format("Model \"{}\" version {} has {} requests waiting, as many as its queue holds. Please "
                               "retry later, add workers or raise job_queue_size.",
                               facts.model, facts.version, settings.job_queue_size));
    case Admission::Closed:
    case Admission::Admitted:
      break;
  }
  return Error(ErrorCode::Cancelled,
               fmt::format("Model \"{}\" version {} is being unregistered or shut down.", facts.model, facts.version));
}

Error ModelVersion::State::failure(Outcome outcome) const {
  switch (outcome) {
    case Outcome::DeadlineExceeded:
      return Error(ErrorCode::DeadlineExceeded,
                   fmt::format("Model \"{}\" version {} did not answer in the time that was allowed.", facts.model,
                               facts.version));
    case Outcome::ClientGone:
      return Error(ErrorCode::Cancelled, "the client has closed the connection before its answer was ready");
    case Outcome::NoWorker:
      return refusal(Admission::NoWorker);
    case Outcome::Closed:
      return refusal(Admission::Closed);
    case Outcome::Done:
      break;
  }
  return Error(ErrorCode::Internal, "a finished prediction was taken for a failure");
}

Clock::time_point ModelVersion::State::deadline_of(const RequestLimits& limits) const {
  return std::min(limits.deadline, Clock::now() + settings.response_timeout);
}

template <typename Prepare>
Result<PictureFacts> ModelVersion::State::prepare_in_turn(const Prepare& prepare, const RequestLimits& limits,
                                                          Clock::time_point deadline, Slot& slot,
                                                          Clock::duration& took) {
  const CoreGate::Visit visit(*gate, deadline);
  if (!visit) return failure(Outcome::DeadlineExceeded);
  if (limits.client_is_there && !limits.client_is_there()) return failure(Outcome::ClientGone);
  const Clock::time_point begin = Clock::now();
  Result<PictureFacts> size = prepare(std::span<float>(slot.input));
  took = Clock::now() - begin;
  if (!size) return error_of_picture(size.error());
  return size;
}

std::optional<Error> ModelVersion::State::push(Slot& slot, const RequestLimits& limits, Clock::time_point deadline) {
  slot.deadline = deadline;
  slot.client_is_there = limits.client_is_there ? &limits.client_is_there : nullptr;
  const Admission admission = batcher.push(slot);
  if (admission == Admission::Admitted) return std::nullopt;
  slots.give_back(slot);
  return refusal(admission);
}

Result<PictureFacts> ModelVersion::State::prepare_pixels(const PixelPictures& pictures, std::size_t index,
                                                         std::span<float> input) const {
  ImageU8 image{pictures.height, pictures.width, pictures.channels, {}};
  const auto pixels = pictures.pixels.subspan(index * image.size(), image.size());
  image.pixels.assign(pixels.begin(), pixels.end());
  try {
    model->prepare(image, input);
  } catch (const Error& error) {
    return error;
  }
  return PictureFacts{};
}

template <typename Prepare>
Result<ModelVersion::State::Pending> ModelVersion::State::start(const Prepare& prepare, const RequestLimits& limits,
                                                                Clock::time_point deadline) {
  Pending pending;
  std::optional<Error> error;
  try {
    pending.slot = &slots.take();
    auto size = prepare_in_turn(prepare, limits, deadline, *pending.slot, pending.decode);
    if (size) {
      pending.picture = size.value();
    } else {
      error = size.error();
    }
  } catch (const std::exception& exception) {
    error = Error(ErrorCode::Internal, fmt::format("a request could not be prepared: {}", exception.what()));
  }
  if (error) {
    if (pending.slot != nullptr) slots.give_back(*pending.slot);
    batcher.withdraw();
    return std::move(*error);
  }
  if (auto refused = push(*pending.slot, limits, deadline)) return std::move(*refused);
  return pending;
}

void ModelVersion::State::check_input(std::span<const float> input) const {
  const std::size_t wanted = model->input_size();
  if (input.size() != wanted) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("Model \"{}\" takes {} numbers, {} were given", facts.model, wanted, input.size()));
  }
  // Not left to the network: some ways of running one take NaN for 0 and give an answer.
  if (!std::all_of(input.begin(), input.end(), [](float value) { return std::isfinite(value); })) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("Model \"{}\" takes finite numbers, the input has NaN or infinity", facts.model));
  }
}

Result<ModelVersion::State::Pending> ModelVersion::State::start_prepared(std::span<const float> input,
                                                                         const RequestLimits& limits,
                                                                         Clock::time_point deadline) {
  Pending pending;
  try {
    pending.slot = &slots.take();
  } catch (const std::exception& exception) {
    batcher.withdraw();
    return Error(ErrorCode::Internal, fmt::format("a request could not be prepared: {}", exception.what()));
  }
  std::copy(input.begin(), input.end(), pending.slot->input.begin());
  if (auto refused = push(*pending.slot, limits, deadline)) return std::move(*refused);
  return pending;
}

template <typename Start>
std::vector<Result<Prediction>> ModelVersion::State::run_many(std::size_t count, const Start& start_one) {
  std::vector<Result<Prediction>> results;
  results.reserve(count);
  std::deque<Result<Pending>> started;  // results.size() + started.size() images have been begun
  const auto finish_first = [&] {
    Result<Pending> first = std::move(started.front());
    started.pop_front();
    results.push_back(first ? finish(first.value()) : Result<Prediction>(first.error()));
  };
  for (std::size_t i = 0; i < count; ++i) {
    Admission admission = batcher.admit();
    while (admission == Admission::Full && !started.empty()) {
      finish_first();
      admission = batcher.admit();
    }
    if (admission == Admission::Admitted) {
      started.push_back(start_one(i));
    } else {
      started.push_back(refusal(admission));
    }
  }
  while (!started.empty()) finish_first();
  return results;
}

Result<Prediction> ModelVersion::State::finish(const Pending& pending) {
  Slot& slot = *pending.slot;
  const Batcher::Answer answer = batcher.wait(slot);
  if (answer.left) return failure(answer.outcome);
  std::optional<Error> error = std::move(slot.failure);
  Prediction prediction;
  if (answer.outcome != Outcome::Done) {
    error = failure(answer.outcome);
  } else if (!error) {
    const auto scores = static_cast<std::ptrdiff_t>(model->output_size());
    prediction.scores.assign(slot.output.begin(), slot.output.begin() + scores);
    prediction.projection.assign(slot.output.begin() + scores, slot.output.end());
    prediction.picture = pending.picture;
    prediction.decode = pending.decode;
    prediction.queued = slot.taken - slot.ready;
    prediction.inference = slot.inference;
    prediction.batch = static_cast<int>(slot.batch);
  }
  slots.give_back(slot);
  if (error) return std::move(*error);
  return prediction;
}

ModelVersion::ModelVersion(VersionFacts facts, std::unique_ptr<const ServingModel> model, VersionSettings settings,
                           const nlohmann::ordered_json& metadata, std::shared_ptr<CoreGate> decoders)
    : state_(std::make_unique<State>(std::move(facts), std::move(model), settings, metadata, std::move(decoders))) {}

ModelVersion::~ModelVersion() {
  close(Clock::now());
}

const VersionFacts& ModelVersion::facts() const {
  return state_->facts;
}

const ServingModel& ModelVersion::model() const {
  return *state_->model;
}

VersionSettings ModelVersion::settings() const {
  const std::lock_guard lock(state_->mutex);
  return state_->settings;
}

const nlohmann::ordered_json& ModelVersion::metadata() const {
  return state_->metadata;
}

Prediction ModelVersion::predict(std::span<const std::byte> picture, const RequestLimits& limits) {
  const Admission admission = state_->batcher.admit();
  if (admission != Admission::Admitted) throw state_->refusal(admission);
  const auto decode = [&](std::span<float> input) { return state_->model->prepare(picture, input); };
  auto pending = state_->start(decode, limits, state_->deadline_of(limits));
  return state_->finish(pending.value()).value();
}

Prediction ModelVersion::predict_prepared(std::vector<float> input, const RequestLimits& limits) {
  state_->check_input(input);
  const Admission admission = state_->batcher.admit();
  if (admission != Admission::Admitted) throw state_->refusal(admission);
  auto pending = state_->start_prepared(input, limits, state_->deadline_of(limits));
  return state_->finish(pending.value()).value();
}

std::vector<Result<Prediction>> ModelVersion::predict_many(std::span<const std::span<const std::byte>> pictures,
                                                           const RequestLimits& limits) {
  const Clock::time_point deadline = state_->deadline_of(limits);
  return state_->run_many(pictures.size(), [&](std::size_t i) {
    const auto decode = [&](std::span<float> input) { return state_->model->prepare(pictures[i], input); };
    return state_->start(decode, limits, deadline);
  });
}

std::vector<Result<Prediction>> ModelVersion::predict_pixels_many(const PixelPictures& pictures,
                                                                  const RequestLimits& limits) {
  const std::size_t size = ImageU8{pictures.height, pictures.width, pictures.channels, {}}.size();
  if (pictures.pixels.size() != pictures.count * size) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("{} pictures of {} values need {} values, {} were given", pictures.count, size,
                            pictures.count * size, pictures.pixels.size()));
  }
  const Clock::time_point deadline = state_->deadline_of(limits);
  return state_->run_many(pictures.count, [&](std::size_t i) {
    const auto prepare = [&](std::span<float> input) { return state_->prepare_pixels(pictures, i, input); };
    return state_->start(prepare, limits, deadline);
  });
}

std::vector<Result<Prediction>> ModelVersion::predict_prepared_many(std::span<const std::vector<float>> inputs,
                                                                    const RequestLimits& limits) {
  for (const std::vector<float>& input : inputs) state_->check_input(input);
  const Clock::time_point deadline = state_->deadline_of(limits);
  return state_->run_many(inputs.size(),
                          [&](std::size_t i) { return state_->start_prepared(inputs[i], limits, deadline); });
}

bool ModelVersion::would_refuse() const {
  return state_->batcher.would_admit() != Admission::Admitted;
}

void ModelVersion::scale(int min_workers, int max_workers) {
  if (min_workers < 0 || max_workers < min_workers || max_workers > kMostWorkers) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("cannot run {} to {} workers; 0 ≤ min_worker ≤ max_worker ≤ {} is accepted", min_workers,
                            max_workers, kMostWorkers));
  }
  const auto running = static_cast<int>(state_->batcher.workers().size());
  state_->batcher.scale(static_cast<std::size_t>(std::clamp(running, min_workers, max_workers)));
  const std::lock_guard lock(state_->mutex);
  state_->settings.min_workers = min_workers;
  state_->settings.max_workers = max_workers;
}

std::vector<ModelVersion::Worker> ModelVersion::workers() const {
  std::vector<Worker> workers;
  for (const Batcher::WorkerFacts& worker : state_->batcher.workers()) workers.push_back({worker.id, worker.started});
  return workers;
}

std::size_t ModelVersion::queued() const {
  return state_->batcher.queued() + state_->batcher.preparing();
}

std::size_t ModelVersion::preparing() const {
  return state_->batcher.preparing();
}

void ModelVersion::close(Clock::time_point deadline) {
  state_->batcher.close(deadline);
}

}  // namespace animalctl::serve
