#include "animalctl/stats/chi_square.h"

#include <limits>
#include <vector>

#include "animalctl/base/random.h"
#include "stats/drift_golden.h"

namespace animalctl {
namespace {

using Catch::Matchers::WithinAbs;
using test::check_relative;
using test::require_error;
using Counts = std::vector<std::uint64_t>;

TEST_CASE("the chi-square test of a table equals SciPy's chi2_contingency without correction") {
  for (const nlohmann::json& item : test::drift_golden("contingency")) {
    const ChiSquareResult result = chi_square_test(item.at("counts").get<Counts>(), item.at("rows").get<std::size_t>(),
                                                   item.at("columns").get<std::size_t>());
    check_relative(result.statistic, item.at("statistic").get<double>(), 1e-9);
    CHECK(result.degrees_of_freedom == item.at("freedom").get<std::size_t>());
    check_relative(result.p_value, item.at("p").get<double>(), 1e-9);
    check_relative(result.smallest_expected, item.at("smallest_expected").get<double>(), 1e-12);
  }
}

TEST_CASE("the chi-square tail equals SciPy's from 1 down to tiny probabilities") {
  for (const nlohmann::json& item : test::drift_golden("chi_square_tails")) {
    INFO(item.dump());
    check_relative(chi_square_tail(item.at("x").get<double>(), item.at("freedom").get<double>()),
                   item.at("tail").get<double>(), 1e-11);
  }
  CHECK(chi_square_tail(std::numeric_limits<double>::infinity(), 3) == 0);
}

TEST_CASE("categories and sides nobody has seen change nothing") {
  const ChiSquareResult without = chi_square_two_sample(Counts{10, 30}, Counts{20, 25});
  const ChiSquareResult with = chi_square_two_sample(Counts{10, 0, 30, 0}, Counts{20, 0, 25, 0});
  CHECK(with.statistic == without.statistic);
  CHECK(with.degrees_of_freedom == 1);
  CHECK(with.p_value == without.p_value);
}

TEST_CASE("proportional rows do not depend on anything") {
  CHECK_THAT(chi_square_two_sample(Counts{10, 20, 30}, Counts{1, 2, 3}).statistic, WithinAbs(0, 1e-12));
  const ChiSquareResult one_category = chi_square_two_sample(Counts{10, 0}, Counts{7, 0});
  CHECK(one_category.degrees_of_freedom == 0);
  CHECK(one_category.p_value == 1);
}

TEST_CASE("about one alarm in twenty is raised at 0.05 when nothing differs") {
  RandomStream random(4, "chi square");
  int alarms = 0;
  for (int round = 0; round < 1000; ++round) {
    Counts table(8, 0);
    for (int i = 0; i < 300; ++i) ++table[random.below(4)];
    for (int i = 0; i < 200; ++i) ++table[4 + random.below(4)];
    alarms += chi_square_test(table, 2, 4).p_value <= 0.05;
  }
  CHECK((alarms >= 30 && alarms <= 72));
}

TEST_CASE("the chi-square test refuses what is no table") {
  require_error(ErrorCode::InvalidArgument, "5 counts", [] { (void)chi_square_test(Counts(5, 1), 2, 3); });
  require_error(ErrorCode::InvalidArgument, "0 rows", [] { (void)chi_square_test({}, 0, 3); });
  require_error(ErrorCode::InvalidArgument, "0 columns", [] { (void)chi_square_test({}, 3, 0); });
  require_error(ErrorCode::InvalidArgument, "all counts are 0", [] { (void)chi_square_test(Counts(4, 0), 2, 2); });
  require_error(ErrorCode::InvalidArgument, "2 counts of the reference and 3", [] {
    (void)chi_square_two_sample(Counts{1, 2}, Counts{1, 2, 3});
  });
  require_error(ErrorCode::InvalidArgument, "at least one item", [] {
    (void)chi_square_two_sample(Counts{1, 2}, Counts{0, 0});
  });
  require_error(ErrorCode::InvalidArgument, "tail at -1", [] { (void)chi_square_tail(-1, 2); });
  require_error(ErrorCode::InvalidArgument, "0 degrees", [] { (void)chi_square_tail(1, 0); });
}

}  // namespace
}  // namespace animalctl
