#include "animalctl/dataset/stable_split.h"

#include <algorithm>

#include "animalctl/base/random.h"
#include "dataset/near_graph.h"

namespace animalctl {
namespace {

struct Node {
  Digest digest;
  std::uint64_t perceptual_hash = 0;
  std::optional<Part> part;
  bool recorded = false;
};

// All images that matter, recorded and new, each once, sorted by digest: what follows then depends on the
// set only, and the first of a group is the one with the smallest digest.
std::vector<Node> collect_nodes(std::span<const StableItem> items, const StableLedger& ledger) {
  std::vector<Node> nodes;
  nodes.reserve(items.size() + ledger.entries().size());
  for (const auto& [digest, entry] : ledger.entries())
    nodes.push_back({digest, entry.perceptual_hash, entry.part, true});
  for (const StableItem& item : items) {
    if (ledger.find(item.digest)) continue;
    nodes.push_back({item.digest, item.perceptual_hash, item.audit ? std::optional(Part::Test) : std::nullopt});
  }
  // Of copies, one in the audit comes first and stands for all.
  std::sort(nodes.begin(), nodes.end(), [](const Node& a, const Node& b) {
    return a.digest != b.digest ? a.digest < b.digest : a.part.has_value() > b.part.has_value();
  });
  const auto same = [](const Node& a, const Node& b) { return a.digest == b.digest; };
  nodes.erase(std::unique(nodes.begin(), nodes.end(), same), nodes.end());
  return nodes;
}

Part drawn_part(const Digest& digest, const StableSplitSettings& settings) {
  std::uint64_t second = 0;
  for (std::size_t i = 8; i < 16; ++i) second = second << 8 | digest.bytes[i];
  const double draw = RandomStream(settings.seed, "stable-split", digest.prefix(), second).uniform();
  if (draw < settings.fractions.train) return Part::Train;
  if (draw < settings.fractions.train + settings.fractions.val) return Part::Val;
  // 0.9 + 0.1 may fall short of 1 by rounding: an empty test part stays empty.
  if (settings.fractions.test > 0) return Part::Test;
  return settings.fractions.val > 0 ? Part::Val : Part::Train;
}

// Kruskal's algorithm, stopped where it would join two parts: the closest images decide.
void join_groups(const std::vector<Node>& nodes, int distance, DisjointSets& groups,
                 std::vector<std::optional<Part>>& part_of) {
  std::vector<std::uint64_t> hashes;
  hashes.reserve(nodes.size());
  for (const Node& node : nodes) hashes.push_back(node.perceptual_hash);
  std::vector<NearPair> pairs = connecting_near_pairs(hashes, distance);
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const NearPair& a, const NearPair& b) { return a.distance < b.distance; });
  for (const NearPair& pair : pairs) {
    const std::size_t first = groups.find(pair.first);
    const std::size_t second = groups.find(pair.second);
    if (first == second) continue;
    if (part_of[first] && part_of[second] && part_of[first] != part_of[second]) continue;
    const std::optional<Part> part = part_of[first] ? part_of[first] : part_of[second];
    part_of[groups.unite(first, second)] = part;
  }
}

}  // namespace

std::vector<Part> split_stable(std::span<const StableItem> items, StableLedger& ledger) {
  const std::vector<Node> nodes = collect_nodes(items, ledger);
  DisjointSets groups(nodes.size());
  std::vector<std::optional<Part>> part_of;
  part_of.reserve(nodes.size());
  for (const Node& node : nodes) part_of.push_back(node.part);
  join_groups(nodes, ledger.settings().near_distance, groups, part_of);

  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].recorded) continue;
    const std::size_t root = groups.find(i);
    if (!part_of[root]) part_of[root] = drawn_part(nodes[root].digest, ledger.settings());
    ledger.record(nodes[i].digest, {nodes[i].perceptual_hash, *part_of[root]});
  }
  std::vector<Part> parts;
  parts.reserve(items.size());
  for (const StableItem& item : items) parts.push_back(ledger.find(item.digest)->part);
  return parts;
}

}  // namespace animalctl
