#include "animalctl/stats/calibration.h"

#include <limits>
#include <vector>

#include "support/catch_compat.h"

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
  }
}

}  // namespace
}  // namespace animalctl
