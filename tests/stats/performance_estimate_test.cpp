#include "animalctl/stats/performance_estimate.h"

#include <limits>
#include <vector>

#include "animalctl/base/random.h"
#include "stats/drift_golden.h"

namespace animalctl {
namespace {

using Catch::Matchers::WithinAbs;
using test::require_error;
using Scores = std::vector<float>;

TEST_CASE("expected accuracy, precision and recall equal those of exact fractions") {
  const nlohmann::json golden = test::drift_golden("performance");
  const auto scores = golden.at("scores").get<Scores>();
  for (const nlohmann::json& item : golden.at("cases")) {
    const PerformanceEstimate estimate = estimate_binary_performance(scores, item.at("threshold").get<double>());
    CHECK_THAT(estimate.accuracy, WithinAbs(item.at("accuracy").get<double>(), 1e-9));
    CHECK_THAT(estimate.precision, WithinAbs(item.at("precision").get<double>(), 1e-9));
    CHECK_THAT(estimate.recall, WithinAbs(item.at("recall").get<double>(), 1e-9));
    CHECK_THAT(estimate.f1, WithinAbs(item.at("f1").get<double>(), 1e-9));
    CHECK_THAT(estimate.accuracy_interval.low, WithinAbs(item.at("interval")[0].get<double>(), 1e-9));
    CHECK_THAT(estimate.accuracy_interval.high, WithinAbs(item.at("interval")[1].get<double>(), 1e-9));
  }
}

TEST_CASE("labels drawn by the scores agree with the estimate, also after a shift to harder items") {
  RandomStream random(1, "cbpe");
  for (const double hardness : {0.0, 0.6}) {
    Scores scores;
    double right = 0;
    constexpr int kItems = 20000;
    for (int i = 0; i < kItems; ++i) {
      const double easy = random.uniform() < 0.5 ? 0.05 : 0.95;
      const double score = random.uniform() < hardness ? 0.6 : easy;
      scores.push_back(static_cast<float>(score));
      const bool positive = random.uniform() < score;
      right += positive == (score >= 0.5);
    }
    const PerformanceEstimate estimate = estimate_binary_performance(scores);
    CHECK_THAT(estimate.accuracy, WithinAbs(right / kItems, 0.01));
    CHECK(estimate.accuracy_interval.high - estimate.accuracy_interval.low < 0.02);
  }
}

TEST_CASE("certain scores promise everything and even ones a coin's throw") {
  const PerformanceEstimate certain = estimate_binary_performance(Scores{0, 1, 1});
  CHECK(certain.accuracy == 1);
  CHECK(certain.precision == 1);
  CHECK(certain.recall == 1);
  CHECK(certain.accuracy_interval.low == 1);
  CHECK(estimate_binary_performance(Scores{0.5F, 0.5F}).accuracy == 0.5);
  const PerformanceEstimate none = estimate_binary_performance(Scores{0, 0});
  CHECK(none.precision == 0);
  CHECK(none.recall == 0);
}

TEST_CASE("rows of two classes are binary scores, ties included") {
  const Scores scores{0.25F, 0.5F, 0.75F};
  const PerformanceEstimate rows = estimate_performance(Scores{0.75F, 0.25F, 0.5F, 0.5F, 0.25F, 0.75F}, 2);
  const PerformanceEstimate binary = estimate_binary_performance(scores);
  CHECK(rows.expected_confusion == binary.expected_confusion);
  CHECK(rows.accuracy == binary.accuracy);
  CHECK(rows.f1 == binary.f1);
}

TEST_CASE("three classes: the expected confusion is the sum of the rows by prediction") {
  const PerformanceEstimate estimate = estimate_performance(Scores{0.75F, 0.25F, 0, 0.25F, 0.5F, 0.25F}, 3);
  CHECK(estimate.expected_confusion == std::vector<double>{0.75, 0.25, 0, 0.25, 0.5, 0, 0, 0.25, 0});
  CHECK_THAT(estimate.accuracy, WithinAbs(0.625, 1e-12));
  // Class 2 is expected, never predicted: it counts with 0.
  CHECK_THAT(estimate.precision, WithinAbs((0.75 + 0.5) / 3, 1e-12));
  CHECK_THAT(estimate.recall, WithinAbs((0.75 + 0.5 / 0.75) / 3, 1e-12));
}

TEST_CASE("performance estimates refuse what is no probability") {
  require_error(ErrorCode::InvalidArgument, "no scores", [] { (void)estimate_binary_performance({}); });
  require_error(ErrorCode::InvalidArgument, "score 1", [] { (void)estimate_binary_performance(Scores{0, 1.5F}); });
  require_error(ErrorCode::InvalidArgument, "threshold 2", [] { (void)estimate_binary_performance(Scores{0}, 2); });
  require_error(ErrorCode::InvalidArgument, "score 0 is nan", [] {
    (void)estimate_performance(Scores{std::numeric_limits<float>::quiet_NaN(), 1}, 2);
  });
  require_error(ErrorCode::InvalidArgument, "row 0", [] { (void)estimate_performance(Scores{0.5F, 0.2F}, 2); });
  require_error(ErrorCode::InvalidArgument, "3 probabilities", [] { (void)estimate_performance(Scores(3, 0.5F), 2); });
  require_error(ErrorCode::InvalidArgument, "rows of 1", [] { (void)estimate_performance(Scores{1}, 1); });
}

}  // namespace
}  // namespace animalctl
