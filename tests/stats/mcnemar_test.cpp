#include "animalctl/stats/mcnemar.h"

#include <cstdint>

#include <nlohmann/json.hpp>

#include "animalctl/base/file.h"
#include "stats/binomial.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl {
namespace {

using nlohmann::json;

json mcnemar_golden() {
  return json::parse(read_text_file(test::golden_path("stats/mcnemar.json")));
}

TEST_CASE("exact McNemar p-values equal those of whole-number arithmetic") {
  const json content = mcnemar_golden();
  for (const json& item : content.at("cases")) {
    const auto first = item.at("first").get<std::uint64_t>();
    const auto second = item.at("second").get<std::uint64_t>();
    INFO(first << " against " << second);
    const McNemarResult result = mcnemar_exact(first, second);
    CHECK_THAT(result.p_value, Catch::Matchers::WithinRel(item.at("p").get<double>(), 1e-12));
    CHECK_THAT(result.mid_p_value, Catch::Matchers::WithinRel(item.at("mid_p").get<double>(), 1e-12));
  }
}

TEST_CASE("exact McNemar p-values of large counts equal those of 50-digit arithmetic") {
  const json content = mcnemar_golden();
  for (const json& item : content.at("large")) {
    const McNemarResult result =
        mcnemar_exact(item.at("first").get<std::uint64_t>(), item.at("second").get<std::uint64_t>());
    CHECK_THAT(result.p_value,
               Catch::Matchers::WithinRel(item.at("p").get<double>(), content.at("large_tolerance").get<double>()));
  }
}

TEST_CASE("McNemar does not care which model is called first and never leaves 0 to 1") {
  for (std::uint64_t first = 0; first < 60; ++first) {
    for (std::uint64_t second = 0; second < 60; ++second) {
      const McNemarResult result = mcnemar_exact(first, second);
      const McNemarResult swapped = mcnemar_exact(second, first);
      REQUIRE(result.p_value == swapped.p_value);
      REQUIRE(result.mid_p_value == swapped.mid_p_value);
      REQUIRE(result.p_value <= 1);
      REQUIRE(result.mid_p_value > 0);
      REQUIRE(result.mid_p_value <= result.p_value);
    }
  }
}

TEST_CASE("McNemar survives counts whose binomials overflow every number type") {
  CHECK(mcnemar_exact(0, 1'000'000'000).p_value == 0);
  CHECK(mcnemar_exact(500'000'000, 500'000'000).p_value == 1);
  CHECK(mcnemar_exact(1000, 1'000'000).p_value == 0);
  const double near_middle = mcnemar_exact(499'999'999, 500'000'001).p_value;
  CHECK(near_middle > 0.9999);
  CHECK(near_middle < 1);
}

TEST_CASE("McNemar refuses more items than it can sum") {
  test::require_error(ErrorCode::InvalidArgument, "at most", [] { (void)mcnemar_exact(1'000'000'000'000, 1); });
  test::require_error(ErrorCode::InvalidArgument, "at most", [] { (void)mcnemar_exact(UINT64_MAX, UINT64_MAX); });
}

TEST_CASE("the binomial probabilities of fair coins add to one") {
  for (const std::uint64_t n : {1U, 2U, 15U, 16U, 40U, 1000U}) {
    double sum = 0;
    for (std::uint64_t k = 0; k <= n; ++k) sum += fair_binomial_probability(k, n);
    CHECK_THAT(sum, Catch::Matchers::WithinAbs(1, 1e-13));
  }
}

}  // namespace
}  // namespace animalctl
