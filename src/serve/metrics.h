#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "serve/model_version.h"

namespace animalctl::serve {

// How often something was done and how long it took in all.
struct DurationSum {
  std::uint64_t count = 0;
  std::uint64_t ns = 0;
};

// What one version has done since it was registered, in the terms of Triton's statistics extension.
struct VersionStatistics {
  std::uint64_t last_inference_ms = 0;  // since 1970, of the last prediction; 0: none yet
  std::uint64_t predictions = 0;        // images
  std::uint64_t executions = 0;         // batches
  DurationSum success;                  // from a request's first byte to its answer
  DurationSum fail;
  DurationSum queue;
  DurationSum compute_input;   // decoding and preprocessing
  DurationSum compute_infer;   // the batch's time, once an image of it
  DurationSum compute_output;  // what is left of the total: reading the request, forming the answer
  struct Batch {
    int size = 0;                  // images
    std::uint64_t executions = 0;  // batches of this size
    std::uint64_t infer_ns = 0;    // of those batches together
    std::uint64_t input_ns = 0;    // of decoding their images
  };
  std::vector<Batch> batches;  // the smallest size first
};

// What is registered now; see Metrics::show_versions().
struct VersionState {
  std::string model;
  std::string version;
  std::size_t queued = 0;   // jobs that wait
  std::size_t workers = 0;  // that run
};

// Everything `/metrics` shows (prometheus-cpp): TorchServe's names with its labels, and histograms and counters of our
// own, all listed in docs/metrics.md. Thread-safe; observing costs no lock that another request holds for long.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // One HTTP answer of any listener.
  void answered(int status);
  // One prediction that was made; `total` from the request's first byte to the answer.
  void predicted(const VersionFacts& version, const Prediction& prediction, Clock::duration total);
  // One that was not: `status` is the HTTP status, `reason` a short fixed word ("queue_full", "no_worker", "deadline",
  // "undecodable", "client_gone", "internal"); `total` as above.
  void refused(const VersionFacts& version, int status, std::string_view reason, Clock::duration total = {});
  // How long the network of a worker ("W-9000-animal_1.0", TorchServe's form) took to load.
  void worker_loaded(const std::string& worker, Clock::duration load);
  void sink_dropped(std::uint64_t count);

  // Sets the gauges of the versions that are registered and removes all series of those that are not. To be called
  // before each text() and after each unregistering.
  void show_versions(std::span<const VersionState> versions);

  // All zeros for a version that has done nothing yet.
  VersionStatistics statistics(std::string_view model, std::string_view version) const;

  // The text exposition format 0.0.4; with names: those metric families only.
  std::string text(std::span<const std::string> names) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace animalctl::serve
