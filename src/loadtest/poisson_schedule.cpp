#include "animalctl/loadtest/poisson_schedule.h"

#include <fmt/core.h>

#include <cmath>

#include "animalctl/base/error.h"

namespace animalctl::loadtest {

PoissonSchedule::PoissonSchedule(double per_second, std::uint64_t seed)
    : mean_gap_(1e9 / per_second), random_(seed, "arrivals") {
  if (!(per_second > 0) || !std::isfinite(per_second)) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("a rate of {} requests a second; it must be above 0", per_second));
  }
  advance();
}

std::optional<PoissonSchedule::Duration> PoissonSchedule::take_due(Duration now) {
  const Duration due = next();
  if (due > now) return std::nullopt;
  advance();
  return due;
}

void PoissonSchedule::advance() {
  next_ += -std::log1p(-random_.uniform()) * mean_gap_;
}

}  // namespace animalctl::loadtest
