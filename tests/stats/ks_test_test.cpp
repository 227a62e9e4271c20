#include "animalctl/stats/ks_test.h"

#include <cmath>
#include <limits>
#include <vector>

#include "animalctl/base/random.h"
#include "stats/drift_golden.h"
#include "stats/kolmogorov.h"

namespace animalctl {
namespace {

using Catch::Matchers::WithinAbs;
using test::check_relative;
using test::require_error;
using Values = std::vector<double>;

Values normals(RandomStream& random, std::size_t count, double shift = 0) {
  Values values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(random.normal() + shift);
  return values;
}

TEST_CASE("the two-sample Kolmogorov-Smirnov test equals SciPy's, exact and asymptotic") {
  for (const nlohmann::json& item : test::drift_golden("two_samples")) {
    const auto first = item.at("first").get<Values>();
    const auto second = item.at("second").get<Values>();
    INFO(first.size() << " and " << second.size() << " values");
    const KsResult exact = ks_two_sample(first, second);
    CHECK(exact.exact);
    CHECK_THAT(exact.statistic, WithinAbs(item.at("statistic").get<double>(), 1e-12));
    CHECK_THAT(exact.p_value, WithinAbs(item.at("exact").get<double>(), 1e-9));
    // SciPy's small exact p-values are differences from 1; those of whole numbers hold relatively.
    check_relative(exact.p_value, item.at("counted").get<double>(), 1e-11);
    const KsResult asymptotic = ks_two_sample(first, second, KsMethod::Asymptotic);
    CHECK_FALSE(asymptotic.exact);
    CHECK(asymptotic.statistic == exact.statistic);
    // Sizes far below those that Auto would do it for: the expansion is rough there.
    CHECK_THAT(asymptotic.p_value, WithinAbs(item.at("asymptotic").get<double>(), first.size() < 5 ? 0.15 : 2e-3));
  }
}

TEST_CASE("the asymptotic tail equals SciPy's kstwo at the sizes it is used for") {
  for (const nlohmann::json& item : test::drift_golden("one_sample_tails")) {
    INFO(item.dump());
    const double tail = ks_one_sample_tail(item.at("n").get<std::uint64_t>(), item.at("d").get<double>());
    CHECK_THAT(tail, WithinAbs(item.at("tail").get<double>(), 1e-9));
    check_relative(tail, item.at("tail").get<double>(), 1e-7);
  }
  CHECK(ks_one_sample_tail(100, 1) == 0);
  CHECK(ks_one_sample_tail(100, 0.005) == 1);
}

TEST_CASE("the statistic is symmetric and its location is where the functions are farthest apart") {
  RandomStream random(1, "ks");
  const Values first = normals(random, 90);
  const Values second = normals(random, 41, 1.0);
  const KsResult there = ks_two_sample(first, second);
  const KsResult back = ks_two_sample(second, first);
  CHECK(there.statistic == back.statistic);
  check_relative(there.p_value, back.p_value, 1e-12);
  CHECK(there.location == back.location);
  const auto share_below = [&](const Values& values) {
    double below = 0;
    for (const double value : values) below += value <= there.location;
    return below / static_cast<double>(values.size());
  };
  CHECK_THAT(std::abs(share_below(first) - share_below(second)), WithinAbs(there.statistic, 1e-12));
}

TEST_CASE("a sample equals itself and differs fully from one far away") {
  const Values values{1, 2, 3, 4};
  CHECK(ks_two_sample(values, values).statistic == 0);
  CHECK(ks_two_sample(values, values).p_value == 1);
  const KsResult far = ks_two_sample(values, Values{11, 12, 13, 14});
  CHECK(far.statistic == 1);
  CHECK_THAT(far.p_value, WithinAbs(2.0 / 70, 1e-15));
}

TEST_CASE("one alarm in twenty at most is raised at 0.05 when nothing differs") {
  RandomStream random(2, "ks null");
  int alarms = 0;
  constexpr int kRounds = 1000;
  for (int round = 0; round < kRounds; ++round) {
    alarms += ks_two_sample(normals(random, 60), normals(random, 45)).p_value <= 0.05;
  }
  // Binomial(1000, 0.05): 2.6 standard deviations above the mean.
  CHECK(alarms <= 68);
  CHECK(alarms >= 20);
}

TEST_CASE("large samples are judged by the asymptotic distribution, near the exact one") {
  RandomStream random(3, "ks large");
  const Values first = normals(random, 20000);
  const Values second = normals(random, 6000, 0.02);
  const KsResult automatic = ks_two_sample(first, second);
  CHECK_FALSE(automatic.exact);
  const Values part(first.begin(), first.begin() + 2000);
  const double exact = ks_two_sample(part, second, KsMethod::Exact).p_value;
  CHECK_THAT(ks_two_sample(part, second, KsMethod::Asymptotic).p_value, WithinAbs(exact, 0.02));
}

TEST_CASE("the Kolmogorov-Smirnov test refuses empty samples and what is not a number") {
  require_error(ErrorCode::InvalidArgument, "first sample is empty", [] { (void)ks_two_sample({}, Values{1}); });
  require_error(ErrorCode::InvalidArgument, "value 1 of the second", [] {
    (void)ks_two_sample(Values{1}, Values{1, std::numeric_limits<double>::quiet_NaN()});
  });
}

}  // namespace
}  // namespace animalctl
