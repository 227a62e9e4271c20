#include "animalctl/stats/sequential.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "animalctl/base/error.h"

namespace animalctl {
namespace {

void check_tau(double tau) {
  if (!(tau > 0) || !std::isfinite(tau)) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("tau {} is not positive; give the size of differences that matter, such as 0.05", tau));
  }
}

void check_counts(const ProportionCounts& counts) {
  if (counts.events > counts.trials) {
    throw Error(
        ErrorCode::InvalidArgument,
        fmt::format("{} events in {} trials: there cannot be more events than trials", counts.events, counts.trials));
  }
}

void append(ProportionCounts& counts, const ProportionCounts& more) {
  check_counts(more);
  counts.events += more.events;
  counts.trials += more.trials;
}

}  // namespace

double msprt_log_ratio(double difference, double variance, double tau) {
  check_tau(tau);
  if (!(variance >= 0) || std::isnan(difference)) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("difference {} with variance {}: both must be numbers, the variance not negative",
                            difference, variance));
  }
  if (variance == 0) return 0;
  const double mixed = variance + tau * tau;
  return std::log(variance / mixed) / 2 + tau * tau * difference * difference / (2 * variance * mixed);
}

double msprt_log_ratio(const ProportionCounts& first, const ProportionCounts& second, double tau) {
  check_counts(first);
  check_counts(second);
  check_tau(tau);
  if (first.trials == 0 || second.trials == 0) return 0;
  const auto events = static_cast<double>(first.events) + static_cast<double>(second.events);
  const auto n = static_cast<double>(first.trials);
  const auto m = static_cast<double>(second.trials);
  const double pooled = (events + 1) / (n + m + 2);
  return msprt_log_ratio(second.share() - first.share(), pooled * (1 - pooled) * (1 / n + 1 / m), tau);
}

void RunningMoments::add(double value) {
  if (!std::isfinite(value)) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("value {} is not a finite number", value));
  }
  ++count;
  const double step = value - mean;
  mean += step / static_cast<double>(count);
  squares += step * (value - mean);
}

double msprt_log_ratio(const RunningMoments& first, const RunningMoments& second, double tau) {
  check_tau(tau);
  if (first.count < kMinMeanCount || second.count < kMinMeanCount) return 0;
  const double variance =
      first.variance() / static_cast<double>(first.count) + second.variance() / static_cast<double>(second.count);
  return msprt_log_ratio(second.mean - first.mean, variance, tau);
}

double always_valid_p(double p_before, double log_ratio) {
  return std::min(p_before, std::exp(-std::max(0.0, log_ratio)));
}

double SequentialProportionTest::add(const ProportionCounts& to_first, const ProportionCounts& to_second) {
  check_counts(to_second);
  append(first, to_first);
  append(second, to_second);
  p_value = always_valid_p(p_value, msprt_log_ratio(first, second, tau));
  return p_value;
}

double SequentialMeanTest::add_first(double value) {
  first.add(value);
  p_value = always_valid_p(p_value, msprt_log_ratio(first, second, tau));
  return p_value;
}

double SequentialMeanTest::add_second(double value) {
  second.add(value);
  p_value = always_valid_p(p_value, msprt_log_ratio(first, second, tau));
  return p_value;
}

}  // namespace animalctl
