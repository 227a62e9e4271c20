#include "animalctl/stats/calibration.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "animalctl/base/file.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl {
namespace {

using Confidences = std::vector<double>;
using Answers = std::vector<std::uint8_t>;

TEST_CASE("confidence that keeps its promise has no calibration error") {
  CHECK(expected_calibration_error(Confidences{0.75, 0.75, 0.75, 0.75}, Answers{1, 1, 1, 0}) == 0);
  CHECK(expected_calibration_error(Confidences{1, 1, 0}, Answers{1, 1, 0}) == 0);
}

TEST_CASE("errors of one bin cancel and errors of two bins add up") {
  CHECK_THAT(expected_calibration_error(Confidences{0.9, 0.1}, Answers{0, 1}, 1), Catch::Matchers::WithinAbs(0, 1e-15));
  CHECK_THAT(expected_calibration_error(Confidences{0.9, 0.1}, Answers{0, 1}, 2),
             Catch::Matchers::WithinAbs(0.9, 1e-15));
}

TEST_CASE("a confidence on the border belongs to the lower bin") {
  // In one bin with 0.25, the errors +0.25 and -0.5 partly cancel; apart they would not.
  CHECK(expected_calibration_error(Confidences{0.25, 0.5}, Answers{0, 1}, 2) == 0.125);
}

TEST_CASE("reliability bins equal those counted in Python and add up to the calibration error") {
  const nlohmann::json item =
      nlohmann::json::parse(read_text_file(test::golden_path("stats/curves.json"))).at("reliability");
  const auto confidences = item.at("confidences").get<Confidences>();
  const auto correct = item.at("correct").get<Answers>();
  const std::vector<ReliabilityBin> bins = reliability_bins(confidences, correct);
  REQUIRE(bins.size() == item.at("bins").size());
  double error = 0;
  for (std::size_t i = 0; i < bins.size(); ++i) {
    INFO("bin " << i);
    const nlohmann::json& row = item.at("bins")[i];
    CHECK(bins[i].count == row.at("count").get<std::size_t>());
    CHECK(bins[i].correct == row.at("correct").get<std::size_t>());
    CHECK_THAT(bins[i].mean_confidence, Catch::Matchers::WithinAbs(row.at("mean_confidence").get<double>(), 1e-12));
    CHECK_THAT(bins[i].accuracy, Catch::Matchers::WithinAbs(row.at("accuracy").get<double>(), 1e-12));
    error += static_cast<double>(bins[i].count) * std::abs(bins[i].accuracy - bins[i].mean_confidence);
  }
  CHECK(bins.front().low == 0);
  CHECK(bins.back().high == 1);
  CHECK_THAT(error / static_cast<double>(confidences.size()),
             Catch::Matchers::WithinAbs(expected_calibration_error(confidences, correct), 1e-12));
}

TEST_CASE("calibration refuses what it cannot judge") {
  test::require_error(ErrorCode::InvalidArgument, "0 confidences", [] { (void)expected_calibration_error({}, {}); });
  test::require_error(ErrorCode::InvalidArgument, "1 confidences with 2 answers", [] {
    (void)expected_calibration_error(Confidences{0.5}, Answers{1, 0});
  });
  test::require_error(ErrorCode::InvalidArgument, "0 bins",
                      [] { (void)expected_calibration_error(Confidences{0.5}, Answers{1}, 0); });
  for (const double bad : {-0.01, 1.01, std::numeric_limits<double>::quiet_NaN()}) {
    test::require_error(ErrorCode::InvalidArgument, "confidence 0",
                        [&] { (void)expected_calibration_error(Confidences{bad}, Answers{1}); });
    test::require_error(ErrorCode::InvalidArgument, "confidence 0",
                        [&] { (void)reliability_bins(Confidences{bad}, Answers{1}); });
  }
}

}  // namespace
}  // namespace animalctl
