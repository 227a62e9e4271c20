#pragma once

#include <chrono>
#include <mutex>
#include <optional>

namespace animalctl::serve {

// Lets one log line through every so often: what goes wrong for each of a thousand requests a second must not fill the
// log as well. Thread-safe.
class LogLimit {
 public:
  explicit LogLimit(std::chrono::steady_clock::duration every = std::chrono::seconds(10)) : every_(every) {}

  // True for the first call and then once in every such time.
  bool due() {
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    if (last_ && now - *last_ < every_) return false;
    last_ = now;
    return true;
  }

 private:
  const std::chrono::steady_clock::duration every_;
  std::mutex mutex_;
  std::optional<std::chrono::steady_clock::time_point> last_;
};

}  // namespace animalctl::serve
