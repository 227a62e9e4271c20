#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "animalctl/base/random.h"

namespace animalctl::loadtest {

// The times at which the requests of an open loop are due: a Poisson process, that is independent, exponentially
// distributed gaps, as many users who do not know of each other make. The times depend on rate and seed only, never on
// the server: one that stalls finds all requests of the stall waiting, each with its own time, so its stall shows in
// every latency (no "coordinated omission"). Not thread-safe.
class PoissonSchedule {
 public:
  using Duration = std::chrono::nanoseconds;

  // `per_second` > 0. Throws InvalidArgument otherwise.
  PoissonSchedule(double per_second, std::uint64_t seed);

  // The next request's time, counted from the start.
  Duration next() const { return Duration(static_cast<std::int64_t>(next_)); }
  // Takes the next request off when it is due at `now`; its time may lie far before.
  std::optional<Duration> take_due(Duration now);

 private:
  void advance();

  double mean_gap_;
  double next_ = 0;  // nanoseconds
  RandomStream random_;
};

}  // namespace animalctl::loadtest
