#include "animalctl/base/random.h"

#include <array>
#include <cmath>
#include <numeric>
#include <set>
#include <span>

#include "support/catch_compat.h"

namespace animalctl {
namespace {

// The expected numbers come from the same definition written a second time, in Python. They must
// never change: splits and augmentations of earlier versions depend on them.
TEST_CASE("a stream's numbers are the same on every machine") {
  RandomStream split(0, "split");
  CHECK(split.next() == 0xF20DAFFDCBB05159U);
  CHECK(split.next() == 0xE9687D88BC25F989U);
  CHECK(split.next() == 0xC2B44F6FCE7EAC79U);
  RandomStream augment(42, "augment", 3, 7);
  CHECK(augment.next() == 0xEC212E6FCD16B24BU);
  CHECK(augment.next() == 0x48FAE0281A9A47E9U);
  CHECK(RandomStream(0, "split").uniform() == 0.9455213541620549);
}

TEST_CASE("a shuffle is the same on every machine and loses nothing") {
  std::array<int, 10> items{};
  std::iota(items.begin(), items.end(), 0);
  RandomStream random(1, "shuffle");
  shuffle(std::span<int>(items), random);
  CHECK(items == std::array<int, 10>{1, 5, 6, 9, 7, 8, 2, 3, 4, 0});
}

TEST_CASE("a shuffle of nothing and of one item draws nothing") {
  RandomStream random(1, "shuffle");
  shuffle(std::span<int>(), random);
  std::array<int, 1> one{5};
  shuffle(std::span<int>(one), random);
  CHECK(one[0] == 5);
  CHECK(random.next() == RandomStream(1, "shuffle").next());
}

TEST_CASE("streams that differ in one parameter have nothing in common") {
  std::set<std::uint64_t> seen;
  std::size_t streams = 0;
  for (const std::uint64_t seed : {0U, 1U, 2U}) {
    for (const char* purpose : {"", "split", "augment"}) {
      for (std::uint64_t a = 0; a < 10; ++a) {
        for (std::uint64_t b = 0; b < 10; ++b) {
          RandomStream random(seed, purpose, a, b);
          for (int i = 0; i < 4; ++i) seen.insert(random.next());
          ++streams;
        }
      }
    }
  }
  CHECK(seen.size() == 4 * streams);
}

TEST_CASE("whole numbers stay below their bound and reach every value equally often") {
  RandomStream random(3, "below");
  constexpr int kDraws = 70000;
  std::array<int, 7> hits{};
  for (int i = 0; i < kDraws; ++i) ++hits.at(random.below(7));
  // Six standard deviations of a bin; the stream is fixed, so this passes or fails for good.
  const double deviation = std::sqrt(kDraws * (1.0 / 7) * (6.0 / 7));
  for (const int count : hits) CHECK(std::abs(count - kDraws / 7.0) < 6 * deviation);
  CHECK(random.below(1) == 0);
  constexpr std::uint64_t kHuge = (std::uint64_t{1} << 63) + 1;
  for (int i = 0; i < 100; ++i) CHECK(random.below(kHuge) < kHuge);
}

TEST_CASE("uniform numbers lie in their range with the right mean") {
  RandomStream random(4, "uniform");
  double sum = 0;
  for (int i = 0; i < 10000; ++i) {
    const double value = random.uniform(-2, 6);
    REQUIRE(value >= -2);
    REQUIRE(value < 6);
    sum += value;
  }
  CHECK(std::abs(sum / 10000 - 2) < 0.15);
}

TEST_CASE("normal numbers are finite with mean 0 and variance 1") {
  RandomStream random(5, "normal");
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < 10000; ++i) {
    const double value = random.normal();
    REQUIRE(std::isfinite(value));
    sum += value;
    squares += value * value;
  }
  CHECK(std::abs(sum / 10000) < 0.06);
  CHECK(std::abs(squares / 10000 - 1) < 0.09);
}

}  // namespace
}  // namespace animalctl
