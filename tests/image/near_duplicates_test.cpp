#include "animalctl/image/near_duplicates.h"

#include "animalctl/base/random.h"
#include "support/catch_compat.h"

namespace animalctl {
namespace {

using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;

Pairs by_comparing_all(const std::vector<std::uint64_t>& hashes, int max_distance) {
  Pairs pairs;
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    for (std::size_t j = i + 1; j < hashes.size(); ++j) {
      if (hamming_distance(hashes[i], hashes[j]) <= max_distance) pairs.emplace_back(i, j);
    }
  }
  return pairs;
}

// Random hashes, every third one a copy of an earlier one with a few bits turned.
std::vector<std::uint64_t> make_hashes(std::size_t count) {
  RandomStream random(3, "near-duplicates");
  std::vector<std::uint64_t> hashes;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t hash = random.next();
    if (i > 0 && i % 3 == 0) {
      hash = hashes[random.below(i)];
      for (auto flips = random.below(14); flips > 0; --flips) hash ^= std::uint64_t{1} << random.below(64);
    }
    hashes.push_back(hash);
  }
  return hashes;
}

}  // namespace

TEST_CASE("Hamming distance counts different bits", "[image]") {
  CHECK(hamming_distance(0, 0) == 0);
  CHECK(hamming_distance(0b1011, 0b0001) == 2);
  CHECK(hamming_distance(0, ~std::uint64_t{0}) == 64);
}

TEST_CASE("Near-duplicate pairs are those that comparing every pair finds", "[image]") {
  const auto hashes = make_hashes(600);
  for (int distance = 0; distance <= 15; ++distance) {
    INFO("distance " << distance);
    CHECK(near_duplicate_pairs(hashes, distance) == by_comparing_all(hashes, distance));
  }
}

TEST_CASE("No hashes and one hash have no pairs, equal ones all", "[image]") {
  CHECK(near_duplicate_pairs({}, 6).empty());
  CHECK(near_duplicate_pairs(std::vector<std::uint64_t>{5}, 6).empty());
  CHECK(near_duplicate_pairs(std::vector<std::uint64_t>{5, 5, 5}, 6) == Pairs{{0, 1}, {0, 2}, {1, 2}});
}

TEST_CASE("A near-duplicate distance outside 0 to 15 is refused", "[image]") {
  test::require_error(ErrorCode::InvalidArgument, "distance -1", [] { (void)near_duplicate_pairs({}, -1); });
  test::require_error(ErrorCode::InvalidArgument, "distance 16", [] { (void)near_duplicate_pairs({}, 16); });
}

}  // namespace animalctl
