#include "animalctl/stats/mmd.h"

#include <limits>
#include <vector>

#include "animalctl/base/random.h"
#include "stats/drift_golden.h"

namespace animalctl {
namespace {

using Catch::Matchers::WithinAbs;
using test::require_error;
using Vectors = std::vector<float>;

Vectors normal_vectors(RandomStream& random, std::size_t count, double shift = 0) {
  Vectors values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(static_cast<float>(random.normal() + shift));
  return values;
}

TEST_CASE("the unbiased discrepancy and its bandwidth equal those counted pair by pair in Python") {
  for (const nlohmann::json& item : test::drift_golden("mmd")) {
    const auto dimensions = item.at("dimensions").get<std::size_t>();
    const auto reference = item.at("reference").get<Vectors>();
    const auto current = item.at("current").get<Vectors>();
    const MmdResult there = mmd_test(reference, current, dimensions);
    CHECK_THAT(there.bandwidth, WithinAbs(item.at("bandwidth").get<double>(), 1e-9));
    CHECK_THAT(there.mmd2, WithinAbs(item.at("mmd2").get<double>(), 1e-9));
    const MmdResult back = mmd_test(current, reference, dimensions);
    CHECK_THAT(back.mmd2, WithinAbs(there.mmd2, 1e-12));
  }
}

TEST_CASE("a shift of one standard deviation in 32 dimensions is seen with 30 vectors") {
  RandomStream random(1, "mmd");
  const MmdResult result = mmd_test(normal_vectors(random, 60 * 32), normal_vectors(random, 30 * 32, 1), 32);
  CHECK(result.mmd2 > 0.05);
  CHECK(result.p_value == 1.0 / 200);
}

TEST_CASE("permutations of equal distributions raise one alarm in twenty") {
  RandomStream random(2, "mmd null");
  int alarms = 0;
  constexpr int kRounds = 400;
  for (int round = 0; round < kRounds; ++round) {
    const MmdOptions options{.permutations = 99, .seed = static_cast<std::uint64_t>(round)};
    alarms += mmd_test(normal_vectors(random, 15 * 2), normal_vectors(random, 25 * 2), 2, options).p_value <= 0.05;
  }
  // Binomial(400, 0.05): mean 20, standard deviation 4.4.
  CHECK((alarms >= 8 && alarms <= 32));
}

TEST_CASE("the p-value is a function of the seed and never 0") {
  RandomStream random(3, "mmd seed");
  const Vectors reference = normal_vectors(random, 40);
  const Vectors current = normal_vectors(random, 40, 0.4);
  const MmdOptions options{.permutations = 50, .seed = 9};
  CHECK(mmd_test(reference, current, 2, options).p_value == mmd_test(reference, current, 2, options).p_value);
  CHECK(mmd_test(reference, Vectors(40, 100.0F), 2, options).p_value == 1.0 / 51);
}

TEST_CASE("vectors that are all equal do not differ") {
  const MmdResult result = mmd_test(Vectors(10, 1.0F), Vectors(8, 1.0F), 2);
  CHECK(result.mmd2 == 0);
  CHECK(result.bandwidth == 1);
  CHECK(result.p_value == 1);
}

TEST_CASE("the discrepancy refuses what it cannot compare") {
  const Vectors good(8, 1.0F);
  require_error(ErrorCode::InvalidArgument, "0 dimensions", [&] { (void)mmd_test(good, good, 0); });
  require_error(ErrorCode::InvalidArgument, "8 numbers of the reference", [&] { (void)mmd_test(good, good, 3); });
  require_error(ErrorCode::InvalidArgument, "2 numbers of the current",
                [&] { (void)mmd_test(good, Vectors(2, 0.0F), 2); });
  require_error(ErrorCode::InvalidArgument, "finite",
                [&] { (void)mmd_test(good, Vectors(4, std::numeric_limits<float>::quiet_NaN()), 2); });
  require_error(ErrorCode::InvalidArgument, "0 permutations",
                [&] { (void)mmd_test(good, good, 2, {.permutations = 0}); });
  require_error(ErrorCode::ResourceExhausted, "too many",
                [&] { (void)mmd_test(Vectors(kMaxMmdItems, 0.0F), Vectors(2, 0.0F), 1); });
}

}  // namespace
}  // namespace animalctl
