#include "serve/shadow.h"

#include <exception>
#include <utility>

#include "animalctl/base/log.h"

namespace animalctl::serve {

ShadowRunner::ShadowRunner(ShadowLimits limits, Compute compute, PredictionSink& sink)
    : limits_(limits),
      compute_(std::move(compute)),
      sink_(sink),
      worker_([this](const std::stop_token& stop) { run(stop); }) {}

ShadowRunner::~ShadowRunner() {
  close();
}

void ShadowRunner::submit(ShadowJob job) noexcept {
  try {
    const std::uint64_t bytes = job.picture->size();
    {
      const std::lock_guard lock(mutex_);
      if (!closed_ && queue_.size() < limits_.max_queued && queued_bytes_ + bytes <= limits_.max_queued_bytes) {
        queue_.push_back(std::move(job));
        queued_bytes_ += bytes;
        wake_.notify_one();
        return;
      }
    }
    const std::uint64_t dropped = ++dropped_;
    if (log_limit_.due()) log::warning("the shadow version cannot keep up", {{"dropped_in_all", dropped}});
  } catch (const std::exception&) {
    ++dropped_;  // no memory
  }
}

void ShadowRunner::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    dropped_ += queue_.size();
    queue_.clear();
    queued_bytes_ = 0;
  }
  worker_.request_stop();
  if (worker_.joinable()) worker_.join();
}

ShadowRunner::Counts ShadowRunner::counts() const {
  return {computed_.load(), dropped_.load(), failed_.load()};
}

void ShadowRunner::run(const std::stop_token& stop) {
  while (true) {
    ShadowJob job;
    {
      std::unique_lock lock(mutex_);
      if (!wake_.wait(lock, stop, [this] { return !queue_.empty(); })) return;
      job = std::move(queue_.front());
      queue_.pop_front();
      queued_bytes_ -= job.picture->size();
    }
    compute(std::move(job));
  }
}

void ShadowRunner::compute(ShadowJob job) noexcept {
  try {
    PredictionRecord record = compute_(std::move(job));
    ++computed_;
    sink_.record(std::move(record));
  } catch (const std::exception& error) {
    const std::uint64_t failed = ++failed_;
    if (log_limit_.due())
      log::warning("the shadow version failed", {{"failed_in_all", failed}, {"reason", error.what()}});
  }
}

}  // namespace animalctl::serve
