#include "animalctl/stats/interval.h"

#include <limits>

#include <nlohmann/json.hpp>

#include "animalctl/base/file.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl {
namespace {

using nlohmann::json;

json interval_golden() {
  return json::parse(read_text_file(test::golden_path("stats/wilson.json")));
}

TEST_CASE("Wilson intervals equal SciPy's") {
  const json content = interval_golden();
  for (const json& item : content.at("intervals")) {
    const Interval interval =
        wilson_interval(item.at("successes").get<std::uint64_t>(), item.at("trials").get<std::uint64_t>(),
                        item.at("confidence").get<double>());
    INFO(item.dump());
    CHECK_THAT(interval.low, Catch::Matchers::WithinAbs(item.at("low").get<double>(), 1e-12));
    CHECK_THAT(interval.high, Catch::Matchers::WithinAbs(item.at("high").get<double>(), 1e-12));
  }
}

TEST_CASE("normal quantiles equal SciPy's") {
  const json content = interval_golden();
  for (const json& item : content.at("quantiles")) {
    INFO(item.dump());
    CHECK_THAT(normal_quantile_two_sided(item.at("confidence").get<double>()),
               Catch::Matchers::WithinAbs(item.at("z").get<double>(), 1e-12));
  }
}

TEST_CASE("no trials tell nothing and the ends are exact") {
  CHECK(wilson_interval(0, 0).low == 0);
  CHECK(wilson_interval(0, 0).high == 1);
  CHECK(wilson_interval(0, 37).low == 0);
  CHECK(wilson_interval(37, 37).high == 1);
}

TEST_CASE("intervals refuse impossible counts and confidences") {
  test::require_error(ErrorCode::InvalidArgument, "3 successes of 2 trials", [] { (void)wilson_interval(3, 2); });
  for (const double bad : {0.0, 1.0, -1.0, 95.0, std::numeric_limits<double>::quiet_NaN()}) {
    test::require_error(ErrorCode::InvalidArgument, "confidence", [&] { (void)wilson_interval(1, 2, bad); });
    test::require_error(ErrorCode::InvalidArgument, "confidence", [&] { (void)normal_quantile_two_sided(bad); });
  }
}

}  // namespace
}  // namespace animalctl
