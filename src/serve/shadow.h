#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "animalctl/http/message.h"
#include "serve/log_limit.h"
#include "serve/model_version.h"
#include "serve/prediction_sink.h"

namespace animalctl::serve {

struct ShadowLimits {
  std::size_t max_queued = 64;                // requests
  std::uint64_t max_queued_bytes = 64 << 20;  // of their pictures
};

// One request that another version is to compute as well. `record` holds what is known of it (id, time, picture,
// model, version, role Shadow); the rest is filled in.
struct ShadowJob {
  std::shared_ptr<ModelVersion> version;
  std::shared_ptr<const std::string> picture;
  PredictionRecord record;
};

// Runs shadow jobs one after the other on a thread of its own, so that no answer waits for them. What does not fit in
// the queue is dropped and counted, as is what fails. Thread-safe.
class ShadowRunner {
 public:
  // Computes one job and completes its record; throws when it cannot.
  using Compute = std::function<PredictionRecord(ShadowJob job)>;

  // `compute` and `sink` must outlive this.
  ShadowRunner(ShadowLimits limits, Compute compute, PredictionSink& sink);
  ~ShadowRunner();  // close()
  ShadowRunner(const ShadowRunner&) = delete;
  ShadowRunner& operator=(const ShadowRunner&) = delete;

  // Queues a job or drops it; never waits, never throws.
  void submit(ShadowJob job) noexcept;
  // Ends after the job in hand; what is queued is dropped. Idempotent.
  void close();

  struct Counts {
    std::uint64_t computed = 0;
    std::uint64_t dropped = 0;  // for want of room, or queued at the end
    std::uint64_t failed = 0;
  };
  Counts counts() const;

 private:
  void run(const std::stop_token& stop);
  void compute(ShadowJob job) noexcept;

  const ShadowLimits limits_;
  const Compute compute_;
  PredictionSink& sink_;
  LogLimit log_limit_;
  std::atomic<std::uint64_t> computed_{0};
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<std::uint64_t> failed_{0};

  std::mutex mutex_;  // guards the four below
  std::condition_variable_any wake_;
  std::deque<ShadowJob> queue_;
  std::uint64_t queued_bytes_ = 0;
  bool closed_ = false;

  std::jthread worker_;
};

}  // namespace animalctl::serve
