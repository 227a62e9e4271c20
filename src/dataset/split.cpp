#include "animalctl/dataset/split.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "animalctl/base/error.h"
#include "animalctl/base/random.h"
#include "animalctl/base/text.h"
#include "dataset/stratified_counts.h"

namespace animalctl {

std::string_view to_string(Part part) {
  switch (part) {
    case Part::Train:
      return "train";
    case Part::Val:
      return "val";
    case Part::Test:
      return "test";
  }
  return "train";
}

void check_fractions(const SplitFractions& fractions) {
  constexpr double kTolerance = 1e-9;
  double sum = 0;
  for (const Part part : kParts) {
    const double fraction = fractions.values()[static_cast<std::size_t>(part)];
    if (!std::isfinite(fraction) || fraction < 0 || fraction > 1) {
      throw Error(ErrorCode::InvalidArgument, fmt::format("the {} fraction is {}; it must be a number from 0 to 1",
                                                          to_string(part), python_float(fraction)));
    }
    sum += fraction;
  }
  if (std::abs(sum - 1) > kTolerance) {
    throw Error(
        ErrorCode::InvalidArgument,
        fmt::format("the fractions {} + {} + {} add up to {:.12g}; they must add up to 1, e.g. 0.8 + 0.1 + 0.1",
                    python_float(fractions.train), python_float(fractions.val), python_float(fractions.test), sum));
  }
}

std::array<std::size_t, kPartCount> part_sizes(std::size_t count, const SplitFractions& fractions) {
  check_fractions(fractions);
  const std::array<double, kPartCount> shares = fractions.values();
  std::array<std::size_t, kPartCount> sizes = round_by_largest_remainder(count, shares);
  const auto used =
      static_cast<std::size_t>(std::count_if(shares.begin(), shares.end(), [](double f) { return f > 0; }));
  if (count < used) return sizes;
  for (std::size_t part = 0; part < kPartCount; ++part) {
    if (shares[part] == 0 || sizes[part] > 0) continue;
    --*std::max_element(sizes.begin(), sizes.end());
    ++sizes[part];
  }
  return sizes;
}

std::vector<Part> split_exact(std::span<const SplitItem> items, const SplitFractions& fractions, std::uint64_t seed,
                              bool stratify) {
  const std::array<std::size_t, kPartCount> totals = part_sizes(items.size(), fractions);
  std::vector<std::size_t> order(items.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return items[a].name < items[b].name; });

  std::map<int, std::vector<std::size_t>> groups;
  for (const std::size_t item : order) groups[stratify ? items[item].label : 0].push_back(item);
  std::vector<std::size_t> group_sizes;
  group_sizes.reserve(groups.size());
  for (const auto& [label, members] : groups) group_sizes.push_back(members.size());
  const std::vector<PartCounts> counts = stratified_counts(group_sizes, fractions.values(), totals);

  std::vector<Part> parts(items.size(), Part::Train);
  std::size_t row = 0;
  for (auto& [label, members] : groups) {
    RandomStream random(seed, "split", static_cast<std::uint64_t>(label));
    shuffle(std::span(members), random);
    std::size_t next = 0;
    for (const Part part : kParts) {
      for (std::size_t i = 0; i < counts[row][static_cast<std::size_t>(part)]; ++i) parts[members[next++]] = part;
    }
    ++row;
  }
  return parts;
}

}  // namespace animalctl
