#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace animalctl {

// Two near images, by their index, and in how many bits their perceptual hashes differ.
struct NearPair {
  std::size_t first = 0;
  std::size_t second = 0;
  int distance = 0;
};

// Enough of the near pairs to connect all that is near: images with equal hashes are chained, not paired
// each with each, so a thousand black frames give 999 pairs and not half a million. Pairs between
// different hashes name the first image of each. `distance` 0..15.
std::vector<NearPair> connecting_near_pairs(std::span<const std::uint64_t> hashes, int distance);

// Groups that grow by union; find() halves paths on the way (Tarjan and van Leeuwen, 1984).
class DisjointSets {
 public:
  explicit DisjointSets(std::size_t count) : parents_(count) {
    std::iota(parents_.begin(), parents_.end(), std::size_t{0});
  }

  std::size_t find(std::size_t item) {
    while (parents_[item] != item) {
      parents_[item] = parents_[parents_[item]];
      item = parents_[item];
    }
    return item;
  }

  // The smaller root stays the root: with sorted items it is the group's first.
  std::size_t unite(std::size_t a, std::size_t b) {
    a = find(a);
    b = find(b);
    if (b < a) std::swap(a, b);
    parents_[b] = a;
    return a;
  }

 private:
  std::vector<std::size_t> parents_;
};

}  // namespace animalctl
