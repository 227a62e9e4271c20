#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "serve/model_version.h"

namespace animalctl::serve {

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
  // "undecodable", "client_gone", "internal").
  void refused(const VersionFacts& version, int status, std::string_view reason);
  void worker_loaded(const std::string& worker, Clock::duration load);
  void sink_dropped(std::uint64_t count);

  // The text exposition format 0.0.4; with names: those metric families only.
  std::string text(std::span<const std::string> names) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace animalctl::serve
