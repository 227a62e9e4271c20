#pragma once

#include <chrono>
#include <cstddef>

namespace animalctl::batching {

using Clock = std::chrono::steady_clock;

inline constexpr Clock::time_point kNever = Clock::time_point::max();

struct BatchLimits {
  std::size_t batch_size = 1;    // most jobs of one run, ≥ 1
  Clock::duration max_delay{0};  // longest a job is held while a worker could run it
};

// What the policy knows at one moment.
struct Situation {
  std::size_t queued = 0;        // jobs ready to be run
  std::size_t running = 0;       // jobs that workers have taken and not answered
  std::size_t preparing = 0;     // jobs accepted that are not ready yet: they will be queued soon
  std::size_t idle_workers = 0;  // could run now
  std::size_t busy_workers = 0;
  std::size_t cores = 1;      // that workers and preparation share
  Clock::time_point oldest;   // when the first of `queued` became ready
  Clock::time_point newest;   // when the last did
  Clock::duration inference;  // what a run of all that is queued (at most batch_size) is expected to take
  Clock::duration gap;        // mean time between two jobs becoming ready, of late
};

struct Decision {
  std::size_t take = 0;              // jobs that one idle worker takes now, the first of the queue
  Clock::time_point until = kNever;  // take 0: ask again then, or when the situation has changed
};

// The most jobs that a worker should run at once: batch_size, but no more than its share of all jobs under way, because
// one worker with seven of eight requests leaves the next with one, and all seven wait for the longest run there is.
std::size_t fair_batch(const Situation& situation, const BatchLimits& limits);

// What one idle worker should do: a pure function.
//
// It takes what is queued at once (Triton's rule), at most a fair batch. One that is smaller is held only while nothing
// is lost by it: every core is busy with a job that is about to join the queue, or with a run, and jobs become ready in
// less time than the run would take. Never longer than one such run after the newest job, and never longer than
// max_delay after the oldest.
Decision decide(Clock::time_point now, const Situation& situation, const BatchLimits& limits);

}  // namespace animalctl::batching
