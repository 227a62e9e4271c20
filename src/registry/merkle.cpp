#include "animalctl/registry/merkle.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "animalctl/base/error.h"

namespace animalctl::registry {
namespace {

// Different first bytes: no node can be taken for a leaf.
constexpr std::string_view kLeaf("\x00", 1);
constexpr std::string_view kNode("\x01", 1);
constexpr std::string_view kEnd("\x00", 1);

std::string_view bytes_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}

Digest tree_root(std::span<const Digest> leaves) {
  if (leaves.size() == 1) return leaves.front();
  const std::size_t left = std::bit_floor(leaves.size() - 1);
  Sha256 node;
  node.update(kNode);
  node.update(bytes_of(tree_root(leaves.first(left))));
  node.update(bytes_of(tree_root(leaves.subspan(left))));
  return node.finish();
}

using Leaf = std::pair<std::string_view, Digest>;  // name, hash

Digest root_of(std::vector<Leaf> leaves) {
  std::sort(leaves.begin(), leaves.end(), [](const Leaf& a, const Leaf& b) { return a.first < b.first; });
  std::vector<Digest> hashes;
  hashes.reserve(leaves.size());
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    if (i > 0 && leaves[i].first == leaves[i - 1].first) {
      throw Error(ErrorCode::InvalidArgument, fmt::format("\"{}\" is in the data set twice", leaves[i].first));
    }
    hashes.push_back(leaves[i].second);
  }
  return hashes.empty() ? sha256(std::string_view()) : tree_root(hashes);
}

Digest leaf_hash(const std::string& name, std::string_view content, std::string_view word) {
  if (name.find('\0') != std::string::npos) {
    throw Error(ErrorCode::InvalidArgument, "the name of an image holds a 0 byte, which no file's name can");
  }
  Sha256 leaf;
  leaf.update(kLeaf);
  leaf.update(name);
  leaf.update(kEnd);
  leaf.update(content);
  leaf.update(word);
  return leaf.finish();
}

}  // namespace

Digest data_digest(std::span<const DataItem> items) {
  std::vector<Leaf> leaves;
  leaves.reserve(items.size());
  for (const DataItem& item : items) {
    leaves.emplace_back(item.name, leaf_hash(item.name, bytes_of(item.content), item.label));
  }
  return root_of(std::move(leaves));
}

Digest split_digest(std::span<const SplitItem> items) {
  std::vector<Leaf> leaves;
  leaves.reserve(items.size());
  for (const SplitItem& item : items) leaves.emplace_back(item.name, leaf_hash(item.name, {}, item.part));
  return root_of(std::move(leaves));
}

}  // namespace animalctl::registry
