#include "animalctl/stats/histogram.h"

#include <limits>

#include <nlohmann/json.hpp>

#include "animalctl/base/file.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl {
namespace {

using nlohmann::json;
using test::require_error;

TEST_CASE("score histograms equal those counted in Python, edges included") {
  const json item = json::parse(read_text_file(test::golden_path("stats/curves.json"))).at("histogram");
  const ScoreHistogram histogram =
      score_histogram(item.at("scores").get<std::vector<float>>(), item.at("groups").get<std::vector<int>>(), 3, 20);
  for (std::size_t group = 0; group < 3; ++group) {
    for (std::size_t bin = 0; bin < 20; ++bin) {
      INFO("group " << group << " bin " << bin);
      CHECK(histogram.at(group, bin) == item.at("counts")[group][bin].get<std::size_t>());
    }
  }
}

TEST_CASE("a histogram of no scores is all zeros") {
  CHECK(score_histogram({}, {}, 2, 3).counts == std::vector<std::size_t>(6));
}

TEST_CASE("histograms refuse scores, groups and sizes out of range") {
  const std::vector<float> scores{0.5F};
  require_error(ErrorCode::InvalidArgument, "1 scores in 0 groups", [&] { (void)score_histogram(scores, {}, 2, 5); });
  require_error(ErrorCode::InvalidArgument, "0 bins",
                [&] { (void)score_histogram(scores, std::vector<int>{0}, 2, 0); });
  for (const int group : {-1, 2}) {
    require_error(ErrorCode::InvalidArgument, "item 0 is of group",
                  [&] { (void)score_histogram(scores, std::vector<int>{group}, 2, 5); });
  }
  for (const float bad : {-0.1F, 1.1F, std::numeric_limits<float>::quiet_NaN()}) {
    require_error(ErrorCode::InvalidArgument, "score 0",
                  [&] { (void)score_histogram(std::vector<float>{bad}, std::vector<int>{0}, 2, 5); });
  }
}

}  // namespace
}  // namespace animalctl
