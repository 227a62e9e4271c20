#include "animalctl/batching/load_estimate.h"

#include <algorithm>

namespace animalctl::batching {
namespace {

// Share of the newest value in the average: follows a change within about eight values.
constexpr int kWeight = 8;
// A pause does not make the average useless for long.
constexpr std::chrono::seconds kLongestGap{1};

}  // namespace

std::size_t LoadEstimate::index_of(std::size_t batch) {
  return std::min(batch, kSizes);
}

void LoadEstimate::became_ready(Clock::time_point now) {
  if (any_ready_) {
    const Clock::duration latest = std::clamp<Clock::duration>(now - last_ready_, Clock::duration::zero(), kLongestGap);
    gap_ = gap_ > kLongestGap ? latest : gap_ + (latest - gap_) / kWeight;
  }
  any_ready_ = true;
  last_ready_ = now;
}

void LoadEstimate::ran(std::size_t batch, Clock::duration duration) {
  Clock::duration& average = runs_[index_of(batch)];
  // The first run of a size may have compiled something; a shorter one is closer to the truth.
  average = average == Clock::duration::zero() || duration < average / 2 ? duration
                                                                         : average + (duration - average) / kWeight;
  average = std::max(average, Clock::duration(1));
}

Clock::duration LoadEstimate::inference(std::size_t batch) const {
  const std::size_t wanted = index_of(batch);
  for (std::size_t smaller = wanted; smaller > 0; --smaller) {
    if (runs_[smaller] > Clock::duration::zero()) {
      return runs_[smaller] * static_cast<Clock::rep>(wanted) / static_cast<Clock::rep>(smaller);
    }
  }
  for (std::size_t greater = wanted + 1; greater <= kSizes; ++greater) {
    if (runs_[greater] > Clock::duration::zero()) return runs_[greater];
  }
  return Clock::duration::zero();
}

}  // namespace animalctl::batching
