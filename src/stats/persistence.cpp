#include "animalctl/stats/persistence.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "animalctl/base/error.h"

namespace animalctl {
namespace {

void check(PersistenceRule rule) {
  if (rule.needed >= 1 && rule.needed <= rule.windows) return;
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("{} of {} windows: give at least 1 of at least as many", rule.needed, rule.windows));
}

}  // namespace

PersistenceVerdict persistent_drift(std::span<const std::uint8_t> drifted, PersistenceRule rule) {
  check(rule);
  PersistenceVerdict verdict;
  verdict.looked = std::min(drifted.size(), rule.windows);
  for (const std::uint8_t window : drifted.last(verdict.looked)) verdict.hits += window != 0;
  verdict.drifted = verdict.hits >= rule.needed;
  return verdict;
}

double false_alarm_rate(PersistenceRule rule, double alpha) {
  check(rule);
  if (!(alpha >= 0 && alpha <= 1)) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("alpha {} is not between 0 and 1", alpha));
  }
  const auto n = static_cast<double>(rule.windows);
  double choose = 1;  // C(n, i)
  double rate = 0;
  for (std::size_t i = 0; i <= rule.windows; ++i) {
    const auto hits = static_cast<double>(i);
    if (i >= rule.needed) rate += choose * std::pow(alpha, hits) * std::pow(1 - alpha, n - hits);
    choose *= (n - hits) / (hits + 1);
  }
  return std::min(1.0, rate);
}

}  // namespace animalctl
