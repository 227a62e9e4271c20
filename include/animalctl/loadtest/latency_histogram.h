#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace animalctl::loadtest {

// Counts durations in buckets whose width grows with the value, as HdrHistogram does: below 2,048 ns every nanosecond
// has its own bucket, above each power of two is cut into 1,024 equal ones. A value read back is the upper end of its
// bucket: never below the true one, and above it by less than 1/1024 (0.1 %). One hour is the largest duration told
// apart; longer ones share the last bucket, but max() is exact. Takes 270 KB whatever is recorded; record() is a few
// instructions. Not thread-safe.
class LatencyHistogram {
 public:
  using Duration = std::chrono::nanoseconds;

  LatencyHistogram();

  // Negative durations count as 0.
  void record(Duration value);
  void merge(const LatencyHistogram& other);

  std::uint64_t count() const { return count_; }
  // Exact; 0 when nothing was recorded.
  Duration min() const;
  Duration max() const { return max_; }
  // From the sums of the exact values; 0 when nothing was recorded.
  Duration mean() const;
  Duration standard_deviation() const;
  // The smallest recorded value that at least the share `quantile` (clamped to 0..1) of all does not exceed: the
  // ⌈quantile · count⌉-th smallest, or its bucket's upper end. 0 when nothing was recorded.
  Duration quantile(double quantile) const;
  // How many values lie in buckets up to that of `value`.
  std::uint64_t count_up_to(Duration value) const;

 private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  Duration min_ = Duration::max();
  Duration max_{0};
  double sum_ = 0;
  double sum_of_squares_ = 0;
};

}  // namespace animalctl::loadtest
