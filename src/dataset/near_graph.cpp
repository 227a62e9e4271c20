#include "dataset/near_graph.h"

#include <unordered_map>

#include "animalctl/image/near_duplicates.h"

namespace animalctl {

std::vector<NearPair> connecting_near_pairs(std::span<const std::uint64_t> hashes, int distance) {
  std::vector<NearPair> pairs;
  std::vector<std::uint64_t> different;
  std::vector<std::size_t> representatives;
  std::unordered_map<std::uint64_t, std::size_t> last_of;
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    const auto [found, is_new] = last_of.try_emplace(hashes[i], i);
    if (is_new) {
      different.push_back(hashes[i]);
      representatives.push_back(i);
    } else {
      pairs.push_back({found->second, i, 0});
      found->second = i;
    }
  }
  for (const auto& [a, b] : near_duplicate_pairs(different, distance)) {
    pairs.push_back({representatives[a], representatives[b], hamming_distance(different[a], different[b])});
  }
  return pairs;
}

}  // namespace animalctl
