#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "serve/prediction_sink.h"

namespace animalctl::serve::test {

// Keeps what it is given. Thread-safe.
class MemorySink final : public PredictionSink {
 public:
  explicit MemorySink(bool keeps_images = false) : keeps_images_(keeps_images) {}

  bool wants_image(const PredictionRecord&) const override { return keeps_images_; }
  void record(PredictionRecord record) noexcept override {
    {
      const std::lock_guard lock(mutex_);
      records_.push_back(std::move(record));
    }
    changed_.notify_all();
  }
  void close() override {}

  // The records, once there are `count` of them or 5 s have passed.
  std::vector<PredictionRecord> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(5), [&] { return records_.size() >= count; });
    return records_;
  }

 private:
  const bool keeps_images_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<PredictionRecord> records_;
};

}  // namespace animalctl::serve::test
