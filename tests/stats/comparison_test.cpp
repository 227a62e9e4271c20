#include "animalctl/stats/comparison.h"

#include <cmath>
#include <limits>
#include <vector>

#include <nlohmann/json.hpp>

#include "animalctl/base/file.h"
#include "animalctl/stats/mcnemar.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl {
namespace {

using nlohmann::json;
using test::require_error;
using Answers = std::vector<std::uint8_t>;

TEST_CASE("six discordant items on one side are a verdict at 0.05 and five are not") {
  CHECK(compare_counts(0, 6, 100).verdict == Verdict::Better);
  CHECK(compare_counts(6, 0, 100).verdict == Verdict::Worse);
  CHECK(compare_counts(0, 5, 100).verdict == Verdict::Inconclusive);
  CHECK(compare_counts(5, 0, 100).verdict == Verdict::Inconclusive);
}

TEST_CASE("models that agree everywhere are neither better nor worse") {
  const Answers answers{1, 0, 1};
  const Comparison comparison = compare_paired(answers, answers);
  CHECK(comparison.verdict == Verdict::Inconclusive);
  CHECK(comparison.p_value == 1);
  CHECK(comparison.accuracy_difference == 0);
  CHECK(comparison.count == 3);
}

TEST_CASE("paired answers are counted item by item") {
  const Comparison comparison = compare_paired(Answers{1, 1, 0, 0, 2}, Answers{1, 0, 1, 0, 0});
  CHECK(comparison.only_base_correct == 2);
  CHECK(comparison.only_test_correct == 1);
  CHECK(comparison.accuracy_difference == -0.2);
  CHECK(comparison.alpha == 0.05);
  const McNemarResult test = mcnemar_exact(2, 1);
  CHECK(comparison.p_value == test.p_value);
  CHECK(comparison.mid_p_value == test.mid_p_value);
}

TEST_CASE("the smallest detectable difference equals that of trying every split") {
  const json content = json::parse(read_text_file(test::golden_path("stats/detectable.json")));
  for (const json& item : content.at("cases")) {
    INFO(item.dump());
    const auto alpha = item.at("alpha").get<double>();
    CHECK(minimum_discordant(alpha) == item.at("minimum").get<std::uint64_t>());
    const Comparison comparison =
        compare_counts(item.at("discordant").get<std::uint64_t>(), 0, item.at("count").get<std::uint64_t>(), alpha);
    const auto& difference = comparison.smallest_detectable_difference;
    REQUIRE(difference.has_value() == !item.at("difference").is_null());
    if (difference) CHECK_THAT(*difference, Catch::Matchers::WithinAbs(item.at("difference").get<double>(), 1e-15));
  }
}

TEST_CASE("a verdict is reached exactly from the smallest detectable difference on") {
  for (std::uint64_t discordant = 6; discordant < 80; ++discordant) {
    for (std::uint64_t base = 0; base <= discordant; ++base) {
      const Comparison comparison = compare_counts(base, discordant - base, 1000);
      const bool is_conclusive = comparison.verdict != Verdict::Inconclusive;
      const double difference = std::abs(comparison.accuracy_difference);
      REQUIRE(is_conclusive == (difference >= comparison.smallest_detectable_difference.value()));
    }
  }
}

TEST_CASE("every verdict has a name") {
  CHECK(to_string(Verdict::Better) == "better");
  CHECK(to_string(Verdict::Worse) == "worse");
  CHECK(to_string(Verdict::Inconclusive) == "inconclusive");
}

TEST_CASE("comparisons refuse what cannot be compared") {
  require_error(ErrorCode::InvalidArgument, "2 answers of the base model with 1", [] {
    (void)compare_paired(Answers{1, 1}, Answers{1});
  });
  require_error(ErrorCode::InvalidArgument, "no items", [] { (void)compare_paired({}, {}); });
  require_error(ErrorCode::InvalidArgument, "4 + 3 items", [] { (void)compare_counts(4, 3, 6); });
  require_error(ErrorCode::InvalidArgument, "items", [] { (void)compare_counts(UINT64_MAX, 1, 6); });
  for (const double alpha : {0.0, 1.0, -0.05, 5.0, std::numeric_limits<double>::quiet_NaN()}) {
    require_error(ErrorCode::InvalidArgument, "alpha", [&] { (void)compare_counts(1, 2, 6, alpha); });
    require_error(ErrorCode::InvalidArgument, "alpha", [&] { (void)minimum_discordant(alpha); });
  }
}

}  // namespace
}  // namespace animalctl
