#pragma once

#include <cstdint>

namespace animalctl {

// Always-valid sequential tests: looked at after every observation, and stopped whenever one likes, the chance that p
// ever falls to alpha while nothing differs is at most alpha. The mixture sequential probability ratio test (mSPRT) of
// Johari, Koomen, Pekelis and Walsh (KDD 2017, eq. 5 to 8; Operations Research 2022): the likelihood of what was seen,
// averaged over a normal prior N(0, tau^2) of the true difference, over that of no difference. With D the observed
// difference and v its variance,
//   log ratio = ln(v / (v + tau^2)) / 2 + tau^2 * D^2 / (2 * v * (v + tau^2)),   p = min over time of 1 / ratio.
// `tau`: the size of differences that matter, in their own unit. Any tau is valid; one near the true difference finds
// it soonest.

// The formula for a difference with a known variance. Throws InvalidArgument when variance is negative, an argument is
// NaN, or tau is not positive. A variance of 0 tells nothing: 0. Thread-safe.
double msprt_log_ratio(double difference, double variance, double tau);

// What one side has shown so far of a yes-or-no event: an error, a right answer, a disagreement.
struct ProportionCounts {
  std::uint64_t events = 0;
  std::uint64_t trials = 0;

  double share() const { return trials == 0 ? 0.0 : static_cast<double>(events) / static_cast<double>(trials); }
};

// The ratio of two shares. Their variance is that of the pooled share with one event and one miss more (Agresti and
// Caffo 2000): with the plug-in of the paper a side without an event yet has none, and rare events raise false alarms.
// 0 while a side has no trials. Throws InvalidArgument when there are more events than trials or tau is not positive.
double msprt_log_ratio(const ProportionCounts& first, const ProportionCounts& second, double tau);

// Mean and spread of what one side has shown so far of a number, one value after the other (Welford 1962).
struct RunningMoments {
  std::uint64_t count = 0;
  double mean = 0;
  double squares = 0;  // sum of squared deviations from the mean

  // Throws InvalidArgument when `value` is not finite.
  void add(double value);
  double variance() const { return count < 2 ? 0.0 : squares / static_cast<double>(count - 1); }
};

// Under this many values a side, the estimated variance is too rough for the normal approximation.
inline constexpr std::uint64_t kMinMeanCount = 50;

// The ratio of two means with estimated variances; 0 while a side has under kMinMeanCount values. Valid as far as the
// means of that many values are normal: times with long tails should come as logarithms.
// Throws InvalidArgument when tau is not positive.
double msprt_log_ratio(const RunningMoments& first, const RunningMoments& second, double tau);

// p after one more look: min(p before, 1 / ratio). Starts from 1.
double always_valid_p(double p_before, double log_ratio);

// A test under way; plain numbers, so that it can be kept in a file or a database between looks. Not thread-safe.
struct SequentialProportionTest {
  double tau = 0.05;
  ProportionCounts first{};
  ProportionCounts second{};
  double p_value = 1;

  // Counts what has come on both sides since the last look and looks. Returns p_value.
  double add(const ProportionCounts& to_first, const ProportionCounts& to_second);
  // second's share minus first's.
  double difference() const { return second.share() - first.share(); }
};

struct SequentialMeanTest {
  double tau = 0.1;
  RunningMoments first{};
  RunningMoments second{};
  double p_value = 1;

  // One value of one side, then a look. Returns p_value.
  double add_first(double value);
  double add_second(double value);
  double difference() const { return second.mean - first.mean; }
};

}  // namespace animalctl
