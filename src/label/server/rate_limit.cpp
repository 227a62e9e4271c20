#include "label/server/rate_limit.h"

#include <algorithm>

namespace animalctl::label {

bool is_loopback_address(const std::string& address) {
  return address.starts_with("127.") || address == "::1" || address.starts_with("::ffff:127.");
}

RateLimit::RateLimit(double per_second, double burst, std::function<Clock::time_point()> now)
    : per_second_(per_second), burst_(burst), now_(std::move(now)) {}

bool RateLimit::take(const std::string& address) {
  if (per_second_ <= 0 || is_loopback_address(address)) return true;
  const Clock::time_point now = now_();
  const std::lock_guard lock(mutex_);
  if (buckets_.size() >= kMaxAddresses && !buckets_.contains(address)) forget_full(now);
  const auto [entry, fresh] = buckets_.try_emplace(address, Bucket{burst_, now});
  Bucket& bucket = entry->second;
  const double seconds = std::chrono::duration<double>(now - bucket.at).count();
  bucket.tokens = std::min(burst_, bucket.tokens + seconds * per_second_);
  bucket.at = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

void RateLimit::forget_full(Clock::time_point now) {
  std::erase_if(buckets_, [&](const auto& entry) {
    const Bucket& bucket = entry.second;
    return bucket.tokens + std::chrono::duration<double>(now - bucket.at).count() * per_second_ >= burst_;
  });
  // All of them are busy: an attack from many addresses. To begin anew lets each ask its burst once more.
  if (buckets_.size() >= kMaxAddresses) buckets_.clear();
}

std::size_t RateLimit::addresses() const {
  const std::lock_guard lock(mutex_);
  return buckets_.size();
}

}  // namespace animalctl::label
