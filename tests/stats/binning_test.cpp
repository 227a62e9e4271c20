#include "animalctl/stats/binning.h"

#include <limits>
#include <vector>

#include "stats/drift_golden.h"

namespace animalctl {
namespace {

using test::require_error;
using Values = std::vector<double>;
using Counts = std::vector<std::uint64_t>;

TEST_CASE("deciles equal NumPy's percentiles, equal ones kept once") {
  for (const nlohmann::json& item : test::drift_golden("two_samples")) {
    const Values edges = quantile_edges(item.at("first").get<Values>());
    const auto expected = item.at("deciles").get<Values>();
    REQUIRE(edges.size() == expected.size());
    for (std::size_t i = 0; i < edges.size(); ++i) {
      CHECK_THAT(edges[i], Catch::Matchers::WithinAbs(expected[i], 1e-12));
    }
  }
}

TEST_CASE("deciles put a tenth of their own sample into each bin") {
  Values values;
  for (int i = 0; i < 1000; ++i) values.push_back((i * 7919) % 1000);
  const Counts counts = count_into_bins(quantile_edges(values), values);
  CHECK(counts == Counts(10, 100));
}

TEST_CASE("a value on an edge belongs to the bin above it") {
  CHECK(count_into_bins(Values{1, 2}, Values{0.5, 1, 1.5, 2, 3}) == Counts{1, 2, 2});
  CHECK(count_into_bins({}, Values{1, 2}) == Counts{2});
  CHECK(count_into_bins(Values{0}, {}) == Counts{0, 0});
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(count_into_bins(Values{0}, Values{-infinity, infinity}) == Counts{1, 1});
}

TEST_CASE("a constant sample is cut into below and from there on") {
  CHECK(quantile_edges(Values{4, 4, 4}) == Values{4});
}

TEST_CASE("bins refuse what cannot be cut") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  require_error(ErrorCode::InvalidArgument, "1 bins", [] { (void)quantile_edges(Values{1}, 1); });
  require_error(ErrorCode::InvalidArgument, "empty", [] { (void)quantile_edges({}); });
  require_error(ErrorCode::InvalidArgument, "value 1", [&] { (void)quantile_edges(Values{1, nan}); });
  require_error(ErrorCode::InvalidArgument, "edge 1", [] { (void)count_into_bins(Values{1, 1}, Values{1}); });
  require_error(ErrorCode::InvalidArgument, "edge 0", [&] { (void)count_into_bins(Values{nan}, Values{1}); });
  require_error(ErrorCode::InvalidArgument, "value 0", [&] { (void)count_into_bins(Values{1}, Values{nan}); });
}

}  // namespace
}  // namespace animalctl
