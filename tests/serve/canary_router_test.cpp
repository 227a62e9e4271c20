#include "serve/canary_router.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "support/catch_compat.h"

namespace animalctl::serve {
namespace {

constexpr int kRequests = 20'000;

int taken_by_current(const CanaryConfig& config) {
  int current = 0;
  for (int i = 0; i < kRequests; ++i) {
    current += choose(config, canary_key(sha256("picture " + std::to_string(i)))) == Role::Current ? 1 : 0;
  }
  return current;
}

// Two-sided p-value of the binomial test by the normal approximation with continuity correction; with 20,000 trials
// and shares of at least 0.01 it is right to the second digit.
double binomial_p_value(int hits, double share) {
  const double mean = kRequests * share;
  const double deviation = std::sqrt(kRequests * share * (1 - share));
  const double distance = std::max(0.0, std::abs(hits - mean) - 0.5);
  return std::erfc(distance / deviation / std::sqrt(2.0));
}

TEST_CASE("of 20,000 requests the current version gets its share, by the binomial test", "[canary]") {
  for (const double share : {0.01, 0.1, 0.25, 0.5, 0.9, 0.99}) {
    const int hits = taken_by_current({share, 2, 1, false});
    INFO("share " << share << ": " << hits << " of " << kRequests);
    // The pictures are always the same, so this passes or fails for good.
    CHECK(binomial_p_value(hits, share) > 0.01);
  }
}

TEST_CASE("share 0 sends nothing and share 1 everything to the current version", "[canary]") {
  CHECK(taken_by_current({0.0, 2, 1, false}) == 0);
  CHECK(taken_by_current({1.0, 2, 1, false}) == kRequests);
  CHECK(choose({0.0, 2, 1, false}, 0) == Role::Previous);
  CHECK(choose({1.0, 2, 1, false}, ~std::uint64_t{0}) == Role::Current);
  CHECK(choose({0.0, 2, 2, false}, 0) == Role::Current);  // there is no other version
}

TEST_CASE("the same picture always meets the same version", "[canary]") {
  const Digest picture = sha256("the same picture");
  CHECK(canary_key(picture) == canary_key(sha256("the same picture")));
  CHECK(canary_key(picture) != canary_key(sha256("another picture")));
  // Pinned: another key would move every client at an update of the program.
  CHECK(canary_key(picture) == 0x326fc56b842a2dabU);
  CHECK(canary_key("camera 7") == 0x0cb14674335e33d3U);
}

TEST_CASE("while traffic rises, a request moves to the current version once and never back", "[canary]") {
  for (int i = 0; i < 500; ++i) {
    const std::uint64_t key = canary_key("client " + std::to_string(i));
    bool current = false;
    for (int percent = 0; percent <= 100; ++percent) {
      const bool now = choose({percent / 100.0, 2, 1, false}, key) == Role::Current;
      CHECK((now || !current));
      current = now;
    }
    CHECK(current);
  }
}

TEST_CASE("the canary's choice says nothing about the side that the stable split gives a picture", "[canary]") {
  // Of the pictures in the lowest fifth by their digest's prefix, which is what the split goes by, half must be the
  // canary's at traffic 0.5.
  int lowest = 0;
  int both = 0;
  for (int i = 0; i < kRequests; ++i) {
    const Digest picture = sha256("picture " + std::to_string(i));
    if (static_cast<double>(picture.prefix()) * 0x1.0p-64 >= 0.2) continue;
    ++lowest;
    both += choose({0.5, 2, 1, false}, canary_key(picture)) == Role::Current ? 1 : 0;
  }
  REQUIRE(lowest > 3500);
  CHECK(std::abs(both - lowest / 2.0) < 3 * std::sqrt(lowest * 0.25));
}

TEST_CASE("roles have names and two of them a version", "[canary]") {
  CHECK(to_string(Role::Current) == "current");
  CHECK(to_string(Role::Previous) == "previous");
  CHECK(to_string(Role::Forced) == "forced");
  CHECK(to_string(Role::Shadow) == "shadow");
  CHECK(version_of({1, 5, 4, false}, Role::Current) == 5);
  CHECK(version_of({1, 5, 4, false}, Role::Previous) == 4);
}

}  // namespace
}  // namespace animalctl::serve
