#include "animalctl/dataset/split.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>

#include "animalctl/base/random.h"
#include "support/catch_compat.h"

using namespace animalctl;
using test::require_error;
using Sizes = std::array<std::size_t, kPartCount>;

namespace {

struct Items {
  std::vector<std::string> names;
  std::vector<SplitItem> items;

  // `sizes[c]` items of class c, interleaved as a folder listing would have them.
  explicit Items(const std::vector<std::size_t>& sizes) {
    std::vector<int> labels;
    for (std::size_t label = 0; label < sizes.size(); ++label) labels.insert(labels.end(), sizes[label], int(label));
    for (std::size_t i = 0; i < labels.size(); ++i) names.push_back("frame" + std::to_string(i) + ".png");
    for (std::size_t i = 0; i < labels.size(); ++i) items.push_back({names[i], labels[i]});
  }
};

Sizes count(const std::vector<Part>& parts, const std::vector<SplitItem>& items, int label = -1) {
  Sizes sizes{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (label < 0 || items[i].label == label) ++sizes[static_cast<std::size_t>(parts[i])];
  }
  return sizes;
}

}  // namespace

TEST_CASE("fractions are accepted when they add up to 1 within rounding") {
  CHECK_NOTHROW(check_fractions({0.7, 0.2, 0.1}));
  CHECK_NOTHROW(check_fractions({0.8, 0.1, 0.1}));
  CHECK_NOTHROW(check_fractions({1, 0, 0}));
  CHECK_NOTHROW(check_fractions({1.0 / 3, 1.0 / 3, 1.0 / 3}));
}

TEST_CASE("fractions that are out of range or add up to something else are refused with the sum") {
  require_error(ErrorCode::InvalidArgument, "add up to 1.2", [] { check_fractions({0.8, 0.2, 0.2}); });
  require_error(ErrorCode::InvalidArgument, "0.5 + 0.1 + 0.1 add up to 0.7", [] { check_fractions({0.5, 0.1, 0.1}); });
  require_error(ErrorCode::InvalidArgument, "the val fraction is -0.1", [] { check_fractions({1, -0.1, 0.1}); });
  require_error(ErrorCode::InvalidArgument, "the train fraction is 1.5", [] { check_fractions({1.5, 0, -0.5}); });
  require_error(ErrorCode::InvalidArgument, "the test fraction is nan", [] {
    check_fractions({0.8, 0.2, std::numeric_limits<double>::quiet_NaN()});
  });
}

TEST_CASE("part sizes are exact and no part of a non-zero fraction stays empty") {
  CHECK(part_sizes(8000, {0.8, 0.1, 0.1}) == Sizes{6400, 800, 800});
  CHECK(part_sizes(10, {0.7, 0.2, 0.1}) == Sizes{7, 2, 1});
  CHECK(part_sizes(30, {0.1, 0.1, 0.8}) == Sizes{3, 3, 24});
  CHECK(part_sizes(5, {0.8, 0.1, 0.1}) == Sizes{3, 1, 1});
  CHECK(part_sizes(3, {0.8, 0.1, 0.1}) == Sizes{1, 1, 1});
  CHECK(part_sizes(2, {0.8, 0.1, 0.1}) == Sizes{2, 0, 0});
  CHECK(part_sizes(2, {0.9, 0.1, 0}) == Sizes{1, 1, 0});
  CHECK(part_sizes(0, {0.8, 0.1, 0.1}) == Sizes{0, 0, 0});
  CHECK(part_sizes(7, {0, 0, 1}) == Sizes{0, 0, 7});
  require_error(ErrorCode::InvalidArgument, "add up", [] { part_sizes(5, {1, 1, 1}); });
}

TEST_CASE("a stratified split is exact overall and in every class") {
  const Items set({400, 100});
  const auto parts = split_exact(set.items, {0.8, 0.1, 0.1}, 7, true);
  CHECK(count(parts, set.items) == Sizes{400, 50, 50});
  CHECK(count(parts, set.items, 0) == Sizes{320, 40, 40});
  CHECK(count(parts, set.items, 1) == Sizes{80, 10, 10});
}

TEST_CASE("whatever the class sizes, totals are exact and classes are rounded up or down") {
  RandomStream random(1, "sizes");
  for (int round = 0; round < 200; ++round) {
    std::vector<std::size_t> sizes(1 + random.below(6));
    for (std::size_t& size : sizes) size = 5 + random.below(60);
    const double train = 0.4 + 0.05 * static_cast<double>(random.below(10));
    const SplitFractions fractions{train, 1 - train - 0.1, 0.1};
    const Items set(sizes);
    const auto parts = split_exact(set.items, fractions, random.next(), true);
    const Sizes expected = part_sizes(set.items.size(), fractions);
    REQUIRE(count(parts, set.items) == expected);
    // When a total had to be raised from 0 to 1, no class can be held to its rounding.
    for (std::size_t label = 0; label < sizes.size(); ++label) {
      const Sizes got = count(parts, set.items, static_cast<int>(label));
      for (std::size_t part = 0; part < kPartCount; ++part) {
        const double exact = static_cast<double>(sizes[label]) * fractions.values()[part];
        INFO("class of " << sizes[label] << ", exact " << exact << ", got " << got[part]);
        CHECK(std::abs(static_cast<double>(got[part]) - exact) < 1 + 1e-6);
      }
    }
  }
}

TEST_CASE("a split depends on names and seed, not on the order of the items") {
  const Items set({30, 20});
  const auto parts = split_exact(set.items, {0.6, 0.2, 0.2}, 3, true);
  std::map<std::string_view, Part> by_name;
  for (std::size_t i = 0; i < set.items.size(); ++i) by_name[set.items[i].name] = parts[i];

  std::vector<SplitItem> reversed(set.items.rbegin(), set.items.rend());
  const auto again = split_exact(reversed, {0.6, 0.2, 0.2}, 3, true);
  for (std::size_t i = 0; i < reversed.size(); ++i) CHECK(by_name[reversed[i].name] == again[i]);
  CHECK(split_exact(set.items, {0.6, 0.2, 0.2}, 4, true) != parts);
}

TEST_CASE("one class, no items and no stratification are split too") {
  const Items one({50});
  CHECK(count(split_exact(one.items, {0.8, 0.1, 0.1}, 0, true), one.items) == Sizes{40, 5, 5});
  const Items two({25, 25});
  CHECK(count(split_exact(two.items, {0.8, 0.1, 0.1}, 0, false), two.items) == Sizes{40, 5, 5});
  CHECK(split_exact({}, {0.8, 0.1, 0.1}, 0, true).empty());
  require_error(ErrorCode::InvalidArgument, "add up", [] { split_exact({}, {0.8, 0.1, 0.2}, 0, true); });
}

TEST_CASE("parts are named as on the command line") {
  CHECK(to_string(Part::Train) == "train");
  CHECK(to_string(Part::Val) == "val");
  CHECK(to_string(Part::Test) == "test");
}
