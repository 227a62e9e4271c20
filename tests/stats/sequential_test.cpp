#include "animalctl/stats/sequential.h"

#include <cmath>
#include <limits>

#include "animalctl/base/random.h"
#include "stats/drift_golden.h"

namespace animalctl {
namespace {

using Catch::Matchers::WithinAbs;
using test::require_error;

constexpr double kAlpha = 0.05;

// How many of `rounds` experiments ever reach alpha when looked at after every pair of observations.
struct Experiment {
  double first_share;
  double second_share;
  double second_traffic = 0.5;  // share of the observations that goes to the second side
  int observations = 2000;
};

int rejections(const Experiment& experiment, int rounds, double tau) {
  int rejected = 0;
  for (int round = 0; round < rounds; ++round) {
    RandomStream random(11, "sequential", static_cast<std::uint64_t>(round));
    SequentialProportionTest test{.tau = tau};
    for (int i = 0; i < experiment.observations && test.p_value > kAlpha; ++i) {
      const bool second = random.uniform() < experiment.second_traffic;
      const bool event = random.uniform() < (second ? experiment.second_share : experiment.first_share);
      const ProportionCounts one{event ? 1U : 0U, 1};
      test.add(second ? ProportionCounts{} : one, second ? one : ProportionCounts{});
    }
    rejected += test.p_value <= kAlpha;
  }
  return rejected;
}

// alpha * rounds plus three standard deviations.
int most_alarms(int rounds) {
  return static_cast<int>(kAlpha * rounds + 3 * std::sqrt(kAlpha * (1 - kAlpha) * rounds));
}

TEST_CASE("the log ratio equals the mixture integrated numerically") {
  for (const nlohmann::json& item : test::drift_golden("sequential")) {
    INFO(item.dump());
    CHECK_THAT(msprt_log_ratio(item.at("difference").get<double>(), item.at("variance").get<double>(),
                               item.at("tau").get<double>()),
               WithinAbs(item.at("log_ratio").get<double>(), 1e-9));
  }
}

TEST_CASE("equal shares looked at after every request raise no more false alarms than alpha") {
  constexpr int kRounds = 250;
  for (const double share : {0.001, 0.02, 0.1, 0.5, 0.97}) {
    for (const double traffic : {0.5, 0.1}) {
      for (const double tau : {0.02, 0.1, 0.5}) {
        INFO("share " << share << ", traffic " << traffic << ", tau " << tau);
        CHECK(rejections({share, share, traffic}, kRounds, tau) <= most_alarms(kRounds));
      }
    }
  }
}

TEST_CASE("a broken side is found, and sooner than a slightly worse one") {
  CHECK(rejections({0.01, 0.3, 0.1, 600}, 100, 0.1) >= 99);
  CHECK(rejections({0.05, 0.15, 0.5, 2000}, 100, 0.1) >= 95);
  CHECK(rejections({0.05, 0.15, 0.5, 100}, 100, 0.1) <= 50);
}

TEST_CASE("equal means looked at after every value raise no more false alarms than alpha") {
  constexpr int kRounds = 400;
  for (const bool skewed : {false, true}) {
    for (const double tau : {0.1, 1.0}) {
      int rejected = 0;
      for (int round = 0; round < kRounds; ++round) {
        RandomStream random(12, "means", static_cast<std::uint64_t>(round));
        const auto value = [&] { return skewed ? -std::log(1 - random.uniform()) : 1 + random.normal(); };
        SequentialMeanTest test{.tau = tau};
        for (int i = 0; i < 1500 && test.p_value > kAlpha; ++i) {
          test.add_first(value());
          test.add_second(value());
        }
        rejected += test.p_value <= kAlpha;
      }
      INFO("skewed " << skewed << ", tau " << tau);
      CHECK(rejected <= most_alarms(kRounds));
    }
  }
}

TEST_CASE("a mean that has moved by half a standard deviation is found within 500 values a side") {
  int found = 0;
  for (int round = 0; round < 50; ++round) {
    RandomStream random(13, "moved", static_cast<std::uint64_t>(round));
    SequentialMeanTest test{.tau = 0.5};
    for (int i = 0; i < 500; ++i) {
      test.add_first(random.normal());
      test.add_second(random.normal() + 0.5);
    }
    found += test.p_value <= kAlpha && test.difference() > 0;
  }
  CHECK(found >= 49);
}

TEST_CASE("p never rises again and starts at 1") {
  CHECK(always_valid_p(1, -3) == 1);
  CHECK_THAT(always_valid_p(1, std::log(100)), WithinAbs(0.01, 1e-12));
  CHECK(always_valid_p(0.01, 0) == 0.01);
  SequentialProportionTest test;
  CHECK(test.add({0, 100}, {40, 100}) < 1e-4);
  const double before = test.p_value;
  CHECK(test.add({4000, 10000}, {4000, 10000}) == before);
}

TEST_CASE("the test of shares is symmetric and adding in parts is adding at once") {
  CHECK(msprt_log_ratio(ProportionCounts{3, 50}, ProportionCounts{9, 70}, 0.1) ==
        msprt_log_ratio(ProportionCounts{9, 70}, ProportionCounts{3, 50}, 0.1));
  SequentialProportionTest parts;
  SequentialProportionTest whole;
  parts.add({1, 10}, {0, 0});
  parts.add({0, 0}, {4, 12});
  whole.add({1, 10}, {4, 12});
  CHECK(parts.p_value == whole.p_value);
  CHECK_THAT(whole.difference(), WithinAbs(4.0 / 12 - 0.1, 1e-15));
}

TEST_CASE("without trials on both sides nothing is known") {
  CHECK(msprt_log_ratio(ProportionCounts{5, 9}, ProportionCounts{}, 0.1) == 0);
  CHECK(ProportionCounts{}.share() == 0);
  CHECK(msprt_log_ratio(1, 0, 0.1) == 0);
  RunningMoments few;
  for (int i = 0; i < 10; ++i) few.add(i);
  CHECK(msprt_log_ratio(few, few, 1) == 0);
}

TEST_CASE("running moments are mean and variance") {
  RunningMoments moments;
  CHECK(moments.variance() == 0);
  for (const double value : {1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16}) moments.add(value);
  CHECK(moments.mean == 1e9 + 10);
  CHECK_THAT(moments.variance(), WithinAbs(30, 1e-6));
}

TEST_CASE("sequential tests refuse impossible numbers") {
  require_error(ErrorCode::InvalidArgument, "3 events in 2 trials", [] {
    (void)msprt_log_ratio(ProportionCounts{3, 2}, ProportionCounts{0, 1}, 0.1);
  });
  require_error(ErrorCode::InvalidArgument, "3 events in 2 trials", [] {
    SequentialProportionTest test;
    test.add({0, 1}, {3, 2});
  });
  for (const double tau : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    require_error(ErrorCode::InvalidArgument, "tau", [&] { (void)msprt_log_ratio(0.1, 0.1, tau); });
    require_error(ErrorCode::InvalidArgument, "tau",
                  [&] { (void)msprt_log_ratio(ProportionCounts{}, ProportionCounts{}, tau); });
    require_error(ErrorCode::InvalidArgument, "tau",
                  [&] { (void)msprt_log_ratio(RunningMoments{}, RunningMoments{}, tau); });
  }
  require_error(ErrorCode::InvalidArgument, "variance -1", [] { (void)msprt_log_ratio(0.1, -1, 1); });
  require_error(ErrorCode::InvalidArgument, "difference nan", [] { (void)msprt_log_ratio(std::nan(""), 1, 1); });
  require_error(ErrorCode::InvalidArgument, "not a finite number", [] { RunningMoments().add(std::nan("")); });
}

}  // namespace
}  // namespace animalctl
