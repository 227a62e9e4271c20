#include "animalctl/stats/persistence.h"

#include <vector>

#include "stats/drift_golden.h"

namespace animalctl {
namespace {

using test::require_error;
using Windows = std::vector<std::uint8_t>;

TEST_CASE("two drifted windows of the last three are drift, older ones do not count") {
  CHECK(persistent_drift(Windows{0, 1, 1}).drifted);
  CHECK(persistent_drift(Windows{1, 0, 1}).drifted);
  CHECK_FALSE(persistent_drift(Windows{1, 1, 0, 0}).drifted);
  CHECK_FALSE(persistent_drift(Windows{1, 1, 1, 0, 0, 1}).drifted);
  CHECK(persistent_drift(Windows{0, 0, 0, 7, 1}).hits == 2);
}

TEST_CASE("a first window does not decide alone") {
  CHECK_FALSE(persistent_drift(Windows{1}).drifted);
  CHECK(persistent_drift(Windows{1}).looked == 1);
  CHECK_FALSE(persistent_drift({}).drifted);
  CHECK(persistent_drift(Windows{1}, {1, 1}).drifted);
}

TEST_CASE("the false alarm rate is the binomial tail") {
  for (const nlohmann::json& item : test::drift_golden("persistence")) {
    const PersistenceRule rule{item.at("needed").get<std::size_t>(), item.at("windows").get<std::size_t>()};
    test::check_relative(false_alarm_rate(rule, item.at("alpha").get<double>()), item.at("rate").get<double>(), 1e-9);
  }
  CHECK(false_alarm_rate({1, 3}, 1) == 1);
  CHECK(false_alarm_rate({1, 3}, 0) == 0);
}

TEST_CASE("impossible rules are refused") {
  require_error(ErrorCode::InvalidArgument, "0 of 3", [] { (void)persistent_drift({}, {0, 3}); });
  require_error(ErrorCode::InvalidArgument, "4 of 3", [] { (void)false_alarm_rate({4, 3}, 0.1); });
  require_error(ErrorCode::InvalidArgument, "alpha 2", [] { (void)false_alarm_rate({1, 3}, 2); });
}

}  // namespace
}  // namespace animalctl
