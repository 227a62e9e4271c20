#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace animalctl {

// The parts a data set is divided into.
enum class Part { Train = 0, Val = 1, Test = 2 };
inline constexpr std::size_t kPartCount = 3;
inline constexpr std::array<Part, kPartCount> kParts = {Part::Train, Part::Val, Part::Test};

// "train", "val", "test".
std::string_view to_string(Part part);

struct SplitFractions {
  double train = 0.8;
  double val = 0.1;
  double test = 0.1;

  std::array<double, kPartCount> values() const { return {train, val, test}; }
  bool operator==(const SplitFractions&) const = default;
};

// Throws InvalidArgument unless each fraction is a finite number in [0, 1] and they add up to 1 within
// 1e-9 (so 0.7 + 0.2 + 0.1 does). The message says the sum found.
void check_fractions(const SplitFractions& fractions);

struct SplitItem {
  std::string_view name;  // unique: the order of items does not matter, their names do
  int label = 0;          // ≥ 0
};

// How many of `count` items each part gets: count × fraction, rounded by largest remainder so that they
// add up to `count` (ties: the earlier part). Every part of a non-zero fraction gets at least one item
// when there are enough for all of them. Throws as check_fractions does.
std::array<std::size_t, kPartCount> part_sizes(std::size_t count, const SplitFractions& fractions);

// Assigns every item to one part; result[i] belongs to items[i]. The parts have exactly part_sizes()
// items. With `stratify` each class has also count × fraction of its items in each part, rounded up or
// down (the rounding of least squared error among those with these totals). Which items go where is drawn
// from (seed, label); it does not depend on the order of the items. Works for one class too.
// Throws as check_fractions does.
std::vector<Part> split_exact(std::span<const SplitItem> items, const SplitFractions& fractions, std::uint64_t seed,
                              bool stratify);

}  // namespace animalctl
