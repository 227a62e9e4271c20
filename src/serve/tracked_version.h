#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>

#include "serve/model_version.h"

namespace animalctl::serve {

// Knows when the last request has let a version go. The shared_ptr that handle() makes does not end the version: this
// object does, on the thread of whoever lets it go last, so that no request waits for the end of its workers as long as
// the manager does.
class TrackedVersion : public std::enable_shared_from_this<TrackedVersion> {
 public:
  explicit TrackedVersion(std::unique_ptr<ModelVersion> version) : version_(std::move(version)) {}

  // To be called once. Copies of it may outlive the caller's reference to this object.
  std::shared_ptr<ModelVersion> handle();
  // True when every copy of the handle has gone before `deadline`.
  bool wait_until_released(Clock::time_point deadline);

 private:
  std::unique_ptr<ModelVersion> version_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool released_ = false;  // guarded by mutex_
};

}  // namespace animalctl::serve
