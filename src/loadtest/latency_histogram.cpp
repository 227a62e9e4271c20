#include "animalctl/loadtest/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>

namespace animalctl::loadtest {
namespace {

constexpr int kSubBits = 11;  // 2,048 exact values, then 1,024 buckets a power of two
constexpr std::uint64_t kHalf = std::uint64_t{1} << (kSubBits - 1);
constexpr std::uint64_t kLargest = 3'600'000'000'000;

std::size_t bucket_of(std::uint64_t value) {
  value = std::min(value, kLargest);
  const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - kSubBits);
  return static_cast<std::size_t>(static_cast<std::uint64_t>(shift) * kHalf + (value >> shift));
}

// The largest value of a bucket.
std::uint64_t upper_end(std::size_t bucket) {
  const std::uint64_t shift = bucket < 2 * kHalf ? 0 : bucket / kHalf - 1;
  const std::uint64_t leading = bucket - shift * kHalf;
  return ((leading + 1) << shift) - 1;
}

std::uint64_t nanoseconds(LatencyHistogram::Duration value) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, value.count()));
}

}  // namespace

LatencyHistogram::LatencyHistogram() : buckets_(bucket_of(kLargest) + 1) {}

void LatencyHistogram::record(Duration value) {
  value = std::max(value, Duration(0));
  ++buckets_[bucket_of(nanoseconds(value))];
  ++count_;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
  const auto real = static_cast<double>(value.count());
  sum_ += real;
  sum_of_squares_ += real * real;
}

void LatencyHistogram::merge(const LatencyHistogram& other) {
  for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
  sum_of_squares_ += other.sum_of_squares_;
}

LatencyHistogram::Duration LatencyHistogram::min() const {
  return count_ == 0 ? Duration(0) : min_;
}

LatencyHistogram::Duration LatencyHistogram::mean() const {
  return count_ == 0 ? Duration(0) : Duration(std::llround(sum_ / static_cast<double>(count_)));
}

LatencyHistogram::Duration LatencyHistogram::standard_deviation() const {
  if (count_ == 0) return Duration(0);
  const double mean = sum_ / static_cast<double>(count_);
  const double variance = sum_of_squares_ / static_cast<double>(count_) - mean * mean;
  return Duration(std::llround(std::sqrt(std::max(0.0, variance))));
}

LatencyHistogram::Duration LatencyHistogram::quantile(double quantile) const {
  if (count_ == 0) return Duration(0);
  const double share = std::clamp(quantile, 0.0, 1.0);
  const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  const std::uint64_t wanted = std::clamp<std::uint64_t>(rank, 1, count_);
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen < wanted) continue;
    // The last bucket in use: its largest value is known.
    if (seen == count_) return max_;
    return std::min(max_, Duration(static_cast<std::int64_t>(upper_end(bucket))));
  }
  return max_;
}

std::uint64_t LatencyHistogram::count_up_to(Duration value) const {
  const std::size_t last = bucket_of(nanoseconds(value));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket <= last; ++bucket) seen += buckets_[bucket];
  return seen;
}

}  // namespace animalctl::loadtest
