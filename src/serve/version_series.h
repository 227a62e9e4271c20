#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "serve/metrics.h"

namespace animalctl::serve {

// The metric families that have one series a version, or several.
struct VersionFamilies {
  explicit VersionFamilies(prometheus::Registry& registry);

  prometheus::Family<prometheus::Counter>& ts_requests;         // ts_inference_requests_total
  prometheus::Family<prometheus::Counter>& ts_latency;          // ts_inference_latency_microseconds
  prometheus::Family<prometheus::Counter>& ts_queue;            // ts_queue_latency_microseconds
  prometheus::Family<prometheus::Gauge>& handler_time;          // HandlerTime, one a model
  prometheus::Family<prometheus::Gauge>& prediction_time;       // PredictionTime, one a model
  prometheus::Family<prometheus::Counter>& requests;            // animalctl_requests_total
  prometheus::Family<prometheus::Counter>& rejected;            // animalctl_rejected_total
  prometheus::Family<prometheus::Histogram>& request_duration;  // animalctl_request_duration_seconds
  prometheus::Family<prometheus::Histogram>& queue;             // animalctl_queue_seconds
  prometheus::Family<prometheus::Histogram>& decode;            // animalctl_decode_seconds
  prometheus::Family<prometheus::Histogram>& inference;         // animalctl_inference_seconds
  prometheus::Family<prometheus::Histogram>& batch_size;        // animalctl_batch_size
  prometheus::Family<prometheus::Gauge>& queue_length;          // animalctl_queue_length
  prometheus::Family<prometheus::Gauge>& workers;               // animalctl_workers
};

// The series of one model that its versions share; removed with the last of them.
class ModelSeries {
 public:
  ModelSeries(VersionFamilies& families, const std::string& hostname, const std::string& model);
  ~ModelSeries();
  ModelSeries(const ModelSeries&) = delete;
  ModelSeries& operator=(const ModelSeries&) = delete;

  void predicted(const Prediction& prediction);

 private:
  VersionFamilies& families_;
  prometheus::Gauge& handler_time_;
  prometheus::Gauge& prediction_time_;
};

// The series of one version, looked up once and kept; removed from their families with this. Thread-safe.
class VersionSeries {
 public:
  VersionSeries(VersionFamilies& families, const std::string& hostname, const std::string& model,
                const std::string& version);
  ~VersionSeries();
  VersionSeries(const VersionSeries&) = delete;
  VersionSeries& operator=(const VersionSeries&) = delete;

  void predicted(const Prediction& prediction, Clock::duration total);
  void refused(int status, std::string_view reason, Clock::duration total);
  void show(std::size_t queued, std::size_t workers);
  VersionStatistics statistics() const;

 private:
  struct BatchCount {
    std::uint64_t predictions = 0;
    std::uint64_t infer_ns = 0;  // summed over images
    std::uint64_t input_ns = 0;
  };
  // Adds to the statistics; true when with it all images of a batch have been seen.
  bool count(const Prediction& prediction, Clock::duration total);

  VersionFamilies& families_;
  const prometheus::Labels labels_;     // {model, version}
  const prometheus::Labels ts_labels_;  // TorchServe's
  prometheus::Counter& ts_requests_;
  prometheus::Counter& ts_latency_;
  prometheus::Counter& ts_queue_;
  prometheus::Counter& succeeded_;
  prometheus::Histogram& request_duration_;
  prometheus::Histogram& queue_;
  prometheus::Histogram& decode_;
  prometheus::Histogram& inference_;
  prometheus::Histogram& batch_size_;
  prometheus::Gauge& queue_length_;
  prometheus::Gauge& workers_;

  mutable std::mutex mutex_;  // guards what follows
  std::map<std::pair<int, std::string>, prometheus::Counter*> refusals_;
  std::map<std::string, prometheus::Counter*, std::less<>> rejections_;
  VersionStatistics statistics_;  // without batches, which are:
  std::map<int, BatchCount> batches_;
};

}  // namespace animalctl::serve
