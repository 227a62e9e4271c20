#include "animalctl/image/near_duplicates.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>

#include "animalctl/base/error.h"

namespace animalctl {
namespace {

using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;

constexpr int kHashBits = 64;
constexpr int kMaxDistance = 15;

struct Piece {
  int shift;
  std::uint64_t mask;
  std::uint64_t of(std::uint64_t hash) const { return hash >> shift & mask; }
};

// Cuts 64 bits into `count` pieces whose lengths differ by at most one.
std::vector<Piece> cut_into_pieces(int count) {
  std::vector<Piece> pieces;
  int shift = 0;
  for (int i = 0; i < count; ++i) {
    const int end = kHashBits * (i + 1) / count;
    const int length = end - shift;
    pieces.push_back({shift, length == kHashBits ? ~std::uint64_t{0} : (std::uint64_t{1} << length) - 1});
    shift = end;
  }
  return pieces;
}

struct Entry {
  std::uint64_t piece;
  std::uint64_t hash;
  std::size_t index;
};

// True when an earlier piece is equal too: the pair was found there.
bool found_before(const std::vector<Piece>& pieces, std::size_t current, std::uint64_t difference) {
  return std::any_of(pieces.begin(), pieces.begin() + static_cast<std::ptrdiff_t>(current),
                     [difference](const Piece& piece) { return piece.of(difference) == 0; });
}

}  // namespace

int hamming_distance(std::uint64_t a, std::uint64_t b) {
  return std::popcount(a ^ b);
}

Pairs near_duplicate_pairs(std::span<const std::uint64_t> hashes, int max_distance) {
  if (max_distance < 0 || max_distance > kMaxDistance) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("near-duplicate distance {} is not in 0..{} bits", max_distance, kMaxDistance));
  }
  const std::vector<Piece> pieces = cut_into_pieces(max_distance + 1);
  std::vector<Entry> entries(hashes.size());
  Pairs pairs;
  for (std::size_t current = 0; current < pieces.size(); ++current) {
    for (std::size_t i = 0; i < hashes.size(); ++i) entries[i] = {pieces[current].of(hashes[i]), hashes[i], i};
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
      return a.piece != b.piece ? a.piece < b.piece : a.index < b.index;
    });
    for (std::size_t i = 0; i < entries.size(); ++i) {
      for (std::size_t j = i + 1; j < entries.size() && entries[j].piece == entries[i].piece; ++j) {
        const std::uint64_t difference = entries[i].hash ^ entries[j].hash;
        if (std::popcount(difference) > max_distance || found_before(pieces, current, difference)) continue;
        pairs.emplace_back(entries[i].index, entries[j].index);
      }
    }
  }
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

}  // namespace animalctl
