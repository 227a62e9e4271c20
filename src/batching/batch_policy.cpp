#include "animalctl/batching/batch_policy.h"

#include <algorithm>

namespace animalctl::batching {
namespace {

// Waking a thread costs about a tenth of this: a shorter run is not worth waiting for company.
constexpr std::chrono::microseconds kWorthHolding{200};

std::size_t free_cores(const Situation& situation) {
  const std::size_t used = situation.busy_workers + situation.preparing;
  return used < situation.cores ? situation.cores - used : 0;
}

Clock::time_point held_until(const Situation& situation, const BatchLimits& limits) {
  return std::min(situation.oldest + limits.max_delay, situation.newest + situation.inference);
}

}  // namespace

std::size_t fair_batch(const Situation& situation, const BatchLimits& limits) {
  const std::size_t jobs = situation.queued + situation.preparing + situation.running;
  const std::size_t workers =
      std::clamp<std::size_t>(situation.idle_workers + situation.busy_workers, 1, situation.cores);
  return std::clamp<std::size_t>((jobs + workers - 1) / workers, 1, limits.batch_size);
}

Decision decide(Clock::time_point now, const Situation& situation, const BatchLimits& limits) {
  if (situation.queued == 0 || situation.idle_workers == 0) return {};
  const std::size_t spare = free_cores(situation);
  const std::size_t most = fair_batch(situation, limits);
  const bool filling = situation.queued < most && situation.preparing > 0 && spare == 0 &&
                       situation.inference >= kWorthHolding && situation.gap <= situation.inference;
  if (filling) {
    const Clock::time_point until = held_until(situation, limits);
    if (now < until) return {0, until};
  }
  const std::size_t at_once = std::clamp<std::size_t>(spare, 1, situation.idle_workers);
  const std::size_t share = (situation.queued + at_once - 1) / at_once;
  return {std::min(share, most), kNever};
}

}  // namespace animalctl::batching
