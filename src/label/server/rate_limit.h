#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>

namespace animalctl::label {

// A token bucket for each address: `burst` requests at once, then `per_second`. Thread-safe; remembers at most
// kMaxAddresses, of which full buckets go first.
class RateLimit {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kMaxAddresses = 10'000;

  // `per_second` 0: no limit.
  RateLimit(double per_second, double burst, std::function<Clock::time_point()> now = Clock::now);

  // Takes one token; false when there is none. Addresses of the loopback have no limit: they are this machine's own.
  bool take(const std::string& address);
  std::size_t addresses() const;

 private:
  struct Bucket {
    double tokens = 0;
    Clock::time_point at;
  };
  void forget_full(Clock::time_point now);

  const double per_second_;
  const double burst_;
  const std::function<Clock::time_point()> now_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_;  // guarded by mutex_
};

// "127.…", "::1", "::ffff:127.…".
bool is_loopback_address(const std::string& address);

}  // namespace animalctl::label
