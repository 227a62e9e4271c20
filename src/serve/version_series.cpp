#include "serve/version_series.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace animalctl::serve {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::Labels;
using Buckets = prometheus::Histogram::BucketBoundaries;

// Seconds: from a small network on one core to a request that waited out its time limit.
const Buckets& request_buckets() {
  static const Buckets buckets = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                  0.25,   0.5,   1,      2.5,   5,    10,    30,   120};
  return buckets;
}

const Buckets& step_buckets() {
  static const Buckets buckets = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                  0.025,  0.05,    0.1,    0.25,  0.5,    1,     2.5};
  return buckets;
}

const Buckets& batch_buckets() {
  static const Buckets buckets = {1, 2, 4, 8, 16, 32, 64, 128};
  return buckets;
}

// Reasons that say something of the server's load and not of the request.
constexpr std::array<std::string_view, 3> kOverload = {"queue_full", "no_worker", "deadline"};

double seconds(Clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}
double in_ms(Clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}
double microseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

std::uint64_t nanoseconds(Clock::duration duration) {
  const auto count = std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count();
  return count > 0 ? static_cast<std::uint64_t>(count) : 0;
}

void add(DurationSum& sum, Clock::duration duration) {
  ++sum.count;
  sum.ns += nanoseconds(duration);
}

Labels with(Labels labels, const std::string& name, std::string value) {
  labels.emplace(name, std::move(value));
  return labels;
}

prometheus::Family<prometheus::Counter>& counter(prometheus::Registry& registry, const char* name, const char* help) {
  return BuildCounter().Name(name).Help(help).Register(registry);
}
prometheus::Family<prometheus::Gauge>& gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return BuildGauge().Name(name).Help(help).Register(registry);
}
prometheus::Family<prometheus::Histogram>& histogram(prometheus::Registry& registry, const char* name,
                                                     const char* help) {
  return BuildHistogram().Name(name).Help(help).Register(registry);
}

}  // namespace

VersionFamilies::VersionFamilies(prometheus::Registry& registry)
    : ts_requests(counter(registry, "ts_inference_requests_total", "Predictions that were answered.")),
      ts_latency(counter(registry, "ts_inference_latency_microseconds",
                         "Time from a request's first byte to its answer, summed, in microseconds.")),
      ts_queue(counter(registry, "ts_queue_latency_microseconds",
                       "Time that answered requests waited for a worker, summed, in microseconds.")),
      handler_time(gauge(registry, "HandlerTime", "Decoding and inference of the last prediction, in ms.")),
      prediction_time(gauge(registry, "PredictionTime", "Inference of the last prediction, in ms.")),
      requests(counter(registry, "animalctl_requests_total",
                       "Predictions asked for, by the HTTP status of the answer and its reason.")),
      rejected(counter(registry, "animalctl_rejected_total",
                       "Predictions not made because of load: queue full, no worker, deadline passed.")),
      request_duration(histogram(registry, "animalctl_request_duration_seconds",
                                 "Time from a request's first byte to its answer, in seconds.")),
      queue(histogram(registry, "animalctl_queue_seconds", "Time that a picture waited for a worker, in seconds.")),
      decode(histogram(registry, "animalctl_decode_seconds", "Decoding and preprocessing of a picture, in seconds.")),
      inference(histogram(registry, "animalctl_inference_seconds",
                          "The network's time for the batch that a picture was in, in seconds.")),
      batch_size(histogram(registry, "animalctl_batch_size", "Pictures of a batch, once a batch.")),
      queue_length(gauge(registry, "animalctl_queue_length", "Pictures that wait for a worker.")),
      workers(gauge(registry, "animalctl_workers", "Workers that run.")) {}

ModelSeries::ModelSeries(VersionFamilies& families, const std::string& hostname, const std::string& model)
    : families_(families),
      handler_time_(families.handler_time.Add({{"ModelName", model}, {"Level", "Model"}, {"Hostname", hostname}})),
      prediction_time_(
          families.prediction_time.Add({{"ModelName", model}, {"Level", "Model"}, {"Hostname", hostname}})) {}

ModelSeries::~ModelSeries() {
  families_.handler_time.Remove(&handler_time_);
  families_.prediction_time.Remove(&prediction_time_);
}

void ModelSeries::predicted(const Prediction& prediction) {
  handler_time_.Set(in_ms(prediction.decode + prediction.inference));
  prediction_time_.Set(in_ms(prediction.inference));
}

VersionSeries::VersionSeries(VersionFamilies& families, const std::string& hostname, const std::string& model,
                             const std::string& version)
    : families_(families),
      labels_{{"model", model}, {"version", version}},
      ts_labels_{{"model_name", model}, {"model_version", version}, {"hostname", hostname}},
      ts_requests_(families.ts_requests.Add(ts_labels_)),
      ts_latency_(families.ts_latency.Add(ts_labels_)),
      ts_queue_(families.ts_queue.Add(ts_labels_)),
      succeeded_(families.requests.Add(with(with(labels_, "status", "200"), "reason", "ok"))),
      request_duration_(families.request_duration.Add(labels_, request_buckets())),
      queue_(families.queue.Add(labels_, step_buckets())),
      decode_(families.decode.Add(labels_, step_buckets())),
      inference_(families.inference.Add(labels_, step_buckets())),
      batch_size_(families.batch_size.Add(labels_, batch_buckets())),
      queue_length_(families.queue_length.Add(labels_)),
      workers_(families.workers.Add(labels_)) {}

VersionSeries::~VersionSeries() {
  families_.ts_requests.Remove(&ts_requests_);
  families_.ts_latency.Remove(&ts_latency_);
  families_.ts_queue.Remove(&ts_queue_);
  families_.requests.Remove(&succeeded_);
  for (const auto& [key, child] : refusals_) families_.requests.Remove(child);
  for (const auto& [reason, child] : rejections_) families_.rejected.Remove(child);
  families_.request_duration.Remove(&request_duration_);
  families_.queue.Remove(&queue_);
  families_.decode.Remove(&decode_);
  families_.inference.Remove(&inference_);
  families_.batch_size.Remove(&batch_size_);
  families_.queue_length.Remove(&queue_length_);
  families_.workers.Remove(&workers_);
}

bool VersionSeries::count(const Prediction& prediction, Clock::duration total) {
  using std::chrono::duration_cast;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const Clock::duration known = prediction.decode + prediction.queued + prediction.inference;
  const std::lock_guard lock(mutex_);
  statistics_.last_inference_ms = static_cast<std::uint64_t>(duration_cast<std::chrono::milliseconds>(now).count());
  ++statistics_.predictions;
  add(statistics_.success, total);
  add(statistics_.queue, prediction.queued);
  add(statistics_.compute_input, prediction.decode);
  add(statistics_.compute_infer, prediction.inference);
  add(statistics_.compute_output, std::max(total - known, Clock::duration::zero()));
  const int size = std::max(prediction.batch, 1);
  BatchCount& batch = batches_[size];
  ++batch.predictions;
  batch.infer_ns += nanoseconds(prediction.inference);
  batch.input_ns += nanoseconds(prediction.decode);
  return batch.predictions % static_cast<std::uint64_t>(size) == 0;
}

void VersionSeries::predicted(const Prediction& prediction, Clock::duration total) {
  ts_requests_.Increment();
  ts_latency_.Increment(microseconds(total));
  ts_queue_.Increment(microseconds(prediction.queued));
  succeeded_.Increment();
  request_duration_.Observe(seconds(total));
  queue_.Observe(seconds(prediction.queued));
  decode_.Observe(seconds(prediction.decode));
  inference_.Observe(seconds(prediction.inference));
  if (count(prediction, total)) batch_size_.Observe(std::max(prediction.batch, 1));
}

void VersionSeries::refused(int status, std::string_view reason, Clock::duration total) {
  const std::lock_guard lock(mutex_);
  add(statistics_.fail, total);
  prometheus::Counter*& refusal = refusals_[{status, std::string(reason)}];
  if (refusal == nullptr) {
    refusal =
        &families_.requests.Add(with(with(labels_, "status", std::to_string(status)), "reason", std::string(reason)));
  }
  refusal->Increment();
  if (std::find(kOverload.begin(), kOverload.end(), reason) == kOverload.end()) return;
  prometheus::Counter*& rejection = rejections_[std::string(reason)];
  if (rejection == nullptr) rejection = &families_.rejected.Add(with(labels_, "reason", std::string(reason)));
  rejection->Increment();
}

void VersionSeries::show(std::size_t queued, std::size_t workers) {
  queue_length_.Set(static_cast<double>(queued));
  workers_.Set(static_cast<double>(workers));
}

VersionStatistics VersionSeries::statistics() const {
  const std::lock_guard lock(mutex_);
  VersionStatistics result = statistics_;
  for (const auto& [size, seen] : batches_) {
    const auto images = static_cast<std::uint64_t>(size);
    VersionStatistics::Batch batch;
    batch.size = size;
    // An image of a batch whose client has gone is not seen here: the batch was run all the same.
    batch.executions = (seen.predictions + images - 1) / images;
    batch.infer_ns = seen.infer_ns / images;
    batch.input_ns = seen.input_ns;
    result.executions += batch.executions;
    result.batches.push_back(batch);
  }
  return result;
}

}  // namespace animalctl::serve
