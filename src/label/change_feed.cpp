#include "label/change_feed.h"

#include <algorithm>
#include <random>

namespace animalctl::label {
namespace {

constexpr std::size_t kRemembered = 100'000;
// Numbers stay below 2^53, which JavaScript holds exactly.
constexpr std::uint64_t kStartBits = 50;

std::uint64_t random_start() {
  std::random_device device;
  const std::uint64_t bits = std::uint64_t{device()} << 32 | device();
  return bits >> (64 - kStartBits);
}

}  // namespace

ChangeFeed::ChangeFeed() : start_(random_start()), sequence_(start_) {}

void ChangeFeed::note(FrameId id) {
  entries_.push_back({++sequence_, id});
  newest_[id] = sequence_;
  if (entries_.size() <= kRemembered) return;
  const Entry oldest = entries_.front();
  entries_.pop_front();
  start_ = oldest.sequence;
  if (newest_[oldest.id] == oldest.sequence) newest_.erase(oldest.id);
}

ChangeFeed::Since ChangeFeed::since(std::uint64_t sequence, std::size_t limit) const {
  Since result;
  result.sequence = sequence_;
  if (sequence < start_ || sequence > sequence_) {
    result.forgotten = true;
    return result;
  }
  auto entry = std::upper_bound(entries_.begin(), entries_.end(), sequence,
                                [](std::uint64_t value, const Entry& e) { return value < e.sequence; });
  for (; entry != entries_.end(); ++entry) {
    if (newest_.at(entry->id) != entry->sequence) continue;
    if (result.frames.size() >= limit) {
      result.more = true;
      break;
    }
    result.frames.push_back(entry->id);
    result.sequence = entry->sequence;
  }
  if (!result.more) result.sequence = sequence_;
  // Nothing may be told when no room was given: the place stays.
  if (result.more && result.frames.empty()) result.sequence = sequence;
  return result;
}

}  // namespace animalctl::label
