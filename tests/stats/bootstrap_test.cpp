#include "animalctl/stats/bootstrap.h"

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "animalctl/base/random.h"
#include "stats/drift_golden.h"

namespace animalctl {
namespace {

using Catch::Matchers::WithinAbs;
using test::require_error;
using Values = std::vector<double>;

TEST_CASE("the ends of BCa and percentile intervals equal SciPy's for the same resampled values") {
  const nlohmann::json golden = test::drift_golden("bootstrap");
  for (const nlohmann::json& item : golden.at("arithmetic")) {
    const auto resampled = item.at("resampled").get<Values>();
    const auto jackknife = item.at("jackknife").get<Values>();
    const auto observed = item.at("observed").get<double>();
    const auto confidence = item.at("confidence").get<double>();
    const Interval bca = bootstrap_interval(resampled, observed, jackknife, BootstrapMethod::Bca, confidence);
    CHECK_THAT(bca.low, WithinAbs(item.at("BCa")[0].get<double>(), 1e-9));
    CHECK_THAT(bca.high, WithinAbs(item.at("BCa")[1].get<double>(), 1e-9));
    const Interval plain = bootstrap_interval(resampled, observed, {}, BootstrapMethod::Percentile, confidence);
    CHECK_THAT(plain.low, WithinAbs(item.at("percentile")[0].get<double>(), 1e-9));
    CHECK_THAT(plain.high, WithinAbs(item.at("percentile")[1].get<double>(), 1e-9));
  }
}

TEST_CASE("intervals of a ratio and of a mean difference are those of SciPy but for the random numbers") {
  const nlohmann::json golden = test::drift_golden("bootstrap");
  const auto base = golden.at("base").get<Values>();
  const auto test = golden.at("test").get<Values>();
  const BootstrapOptions options{.resamples = 20000, .seed = 4};
  const auto ratio = [&](std::span<const std::size_t> indices) {
    double above = 0;
    double below = 0;
    for (const std::size_t index : indices) {
      above += test[index];
      below += base[index];
    }
    return above / below;
  };
  const BootstrapResult of_ratio = bootstrap(base.size(), ratio, options);
  const auto ratio_error = golden.at("ratio_error").get<double>();
  CHECK_THAT(of_ratio.standard_error, WithinAbs(ratio_error, 0.03 * ratio_error));
  CHECK_THAT(of_ratio.interval.low, WithinAbs(golden.at("ratio")[0].get<double>(), 0.08 * ratio_error));
  CHECK_THAT(of_ratio.interval.high, WithinAbs(golden.at("ratio")[1].get<double>(), 0.08 * ratio_error));

  const BootstrapResult of_mean = paired_bootstrap(base, test, options);
  const auto mean_error = golden.at("difference_error").get<double>();
  CHECK_THAT(of_mean.standard_error, WithinAbs(mean_error, 0.03 * mean_error));
  CHECK_THAT(of_mean.interval.low, WithinAbs(golden.at("difference")[0].get<double>(), 0.08 * mean_error));
  CHECK_THAT(of_mean.interval.high, WithinAbs(golden.at("difference")[1].get<double>(), 0.08 * mean_error));
}

TEST_CASE("the quick mean difference is the general bootstrap of a mean difference") {
  RandomStream random(1, "bootstrap test");
  Values base;
  Values test;
  for (int i = 0; i < 40; ++i) {
    base.push_back(random.uniform());
    test.push_back(random.uniform());
  }
  const BootstrapOptions options{.resamples = 500, .seed = 3};
  const auto mean = [&](std::span<const std::size_t> indices) {
    double sum = 0;
    for (const std::size_t index : indices) sum += test[index] - base[index];
    return sum / static_cast<double>(indices.size());
  };
  const BootstrapResult general = bootstrap(base.size(), mean, options);
  const BootstrapResult quick = paired_bootstrap(base, test, options);
  CHECK_THAT(general.value, WithinAbs(quick.value, 1e-12));
  CHECK_THAT(general.interval.low, WithinAbs(quick.interval.low, 1e-12));
  CHECK_THAT(general.interval.high, WithinAbs(quick.interval.high, 1e-12));
  CHECK_THAT(general.standard_error, WithinAbs(quick.standard_error, 1e-12));
}

TEST_CASE("the interval is a function of the seed and holds the true difference about 19 times of 20") {
  RandomStream random(2, "coverage");
  int covered = 0;
  constexpr int kRounds = 300;
  for (int round = 0; round < kRounds; ++round) {
    Values base;
    Values test;
    for (int i = 0; i < 60; ++i) {
      // Right answers of two models, 0.7 and 0.8 of the items.
      base.push_back(random.uniform() < 0.7);
      test.push_back(random.uniform() < 0.8);
    }
    const BootstrapOptions options{.resamples = 400, .seed = static_cast<std::uint64_t>(round)};
    const BootstrapResult result = paired_bootstrap(base, test, options);
    CHECK(result.interval.low == paired_bootstrap(base, test, options).interval.low);
    covered += result.interval.low <= 0.1 && 0.1 <= result.interval.high;
  }
  CHECK(covered >= 270);
}

TEST_CASE("models that answer alike have an interval of no width") {
  const Values answers{1, 0, 1, 1};
  const BootstrapResult result = paired_bootstrap(answers, answers);
  CHECK(result.value == 0);
  CHECK(result.interval.low == 0);
  CHECK(result.interval.high == 0);
  CHECK(result.standard_error == 0);
}

TEST_CASE("where BCa is undefined the percentile interval is given") {
  // All resampled values above the observed one.
  const Interval interval = bootstrap_interval(Values{1, 2, 3}, 0, Values{1, 2}, BootstrapMethod::Bca, 0.5);
  CHECK(interval.low == 1.5);
  CHECK(interval.high == 2.5);
  // No item's absence changes anything.
  CHECK(bootstrap_interval(Values{1, 2, 3}, 2, Values{2, 2}, BootstrapMethod::Bca, 0.5).low == 1.5);
}

TEST_CASE("the bootstrap refuses what it cannot resample") {
  const auto one = [](std::span<const std::size_t>) { return 1.0; };
  require_error(ErrorCode::InvalidArgument, "1 items", [&] { (void)bootstrap(1, one); });
  require_error(ErrorCode::InvalidArgument, "1 resamples", [&] { (void)bootstrap(5, one, {.resamples = 1}); });
  require_error(ErrorCode::InvalidArgument, "confidence 95", [&] { (void)bootstrap(5, one, {.confidence = 95}); });
  require_error(ErrorCode::InvalidArgument, "statistic of the items is nan",
                [&] { (void)bootstrap(5, [](std::span<const std::size_t>) { return std::nan(""); }); });
  require_error(ErrorCode::InvalidArgument, "2 values of the base model with 1", [] {
    (void)paired_bootstrap(Values{1, 2}, Values{1});
  });
  require_error(ErrorCode::InvalidArgument, "value 1 of the test sample", [] {
    (void)paired_bootstrap(Values{1, 2}, Values{1, std::numeric_limits<double>::infinity()});
  });
  require_error(ErrorCode::InvalidArgument, "1 resampled values",
                [] { (void)bootstrap_interval(Values{1}, 1, {}, BootstrapMethod::Percentile, 0.9); });
}

}  // namespace
}  // namespace animalctl
