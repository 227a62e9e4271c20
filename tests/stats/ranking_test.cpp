#include "animalctl/stats/ranking.h"

#include <limits>
#include <vector>

#include "animalctl/base/random.h"
#include "support/catch_compat.h"

namespace animalctl {
namespace {

using Scores = std::vector<float>;
using Sides = std::vector<std::uint8_t>;

TEST_CASE("the area under the curve is 1, 0 or a half for perfect, reversed and constant scores") {
  CHECK(area_under_roc(Scores{0.1F, 0.2F, 0.8F}, Sides{0, 0, 1}) == 1.0);
  CHECK(area_under_roc(Scores{0.9F, 0.8F, 0.1F}, Sides{0, 0, 1}) == 0.0);
  CHECK(area_under_roc(Scores{0.5F, 0.5F, 0.5F}, Sides{0, 1, 1}) == 0.5);
}

TEST_CASE("a tie counts one half") {
  CHECK(area_under_roc(Scores{0.3F, 0.3F, 0.7F, 0.1F}, Sides{0, 1, 1, 0}) == 3.5 / 4);
}

TEST_CASE("without both sides there is no area") {
  CHECK_FALSE(area_under_roc(Scores{0.3F, 0.4F}, Sides{1, 1}).has_value());
  CHECK_FALSE(area_under_roc(Scores{0.3F, 0.4F}, Sides{0, 0}).has_value());
  CHECK_FALSE(area_under_roc({}, {}).has_value());
}

TEST_CASE("the area does not depend on order and turns around with the sides") {
  RandomStream random(5, "auc");
  Scores scores;
  Sides sides;
  for (int i = 0; i < 500; ++i) {
    scores.push_back(static_cast<float>(random.below(40)) / 40);
    sides.push_back(static_cast<std::uint8_t>(random.below(2)));
  }
  const double area = area_under_roc(scores, sides).value();
  const Scores reversed_scores(scores.rbegin(), scores.rend());
  const Sides reversed_sides(sides.rbegin(), sides.rend());
  CHECK(area_under_roc(reversed_scores, reversed_sides) == area);
  for (std::uint8_t& side : sides) side = side == 0 ? 7 : 0;  // any value but 0 is a positive
  CHECK_THAT(area_under_roc(scores, sides).value(), Catch::Matchers::WithinAbs(1 - area, 1e-15));
}

TEST_CASE("ranking refuses scores that are not numbers and lengths that differ") {
  test::require_error(ErrorCode::InvalidArgument, "score 1 is not a number", [] {
    (void)area_under_roc(Scores{0.1F, std::numeric_limits<float>::quiet_NaN()}, Sides{0, 1});
  });
  test::require_error(ErrorCode::InvalidArgument, "2 scores with 1 labels", [] {
    (void)area_under_roc(Scores{0.1F, 0.2F}, Sides{0});
  });
}

}  // namespace
}  // namespace animalctl
