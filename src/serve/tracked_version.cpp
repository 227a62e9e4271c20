#include "serve/tracked_version.h"

namespace animalctl::serve {

std::shared_ptr<ModelVersion> TrackedVersion::handle() {
  return {version_.get(), [self = shared_from_this()](ModelVersion*) {
            const std::lock_guard lock(self->mutex_);
            self->released_ = true;
            self->changed_.notify_all();
          }};
}

bool TrackedVersion::wait_until_released(Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, deadline, [this] { return released_; });
}

}  // namespace animalctl::serve
