#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace animalctl {

// The number of bits in which two hashes differ, 0..64.
int hamming_distance(std::uint64_t a, std::uint64_t b);

// Returns every pair (i, j), i < j, whose hashes differ in at most `max_distance` bits, in ascending
// order. Multi-index hashing (Norouzi, Punjani, Fleet, CVPR 2012): the 64 bits are cut into
// max_distance + 1 pieces; a near pair is equal in at least one, so only hashes that share a piece are
// compared. Time is n log n for scattered hashes as long as pieces stay longer than log2(n) bits;
// hashes that are all alike give n² pairs, whatever the method. Throws InvalidArgument when
// max_distance is not in 0..15. Thread-safe.
std::vector<std::pair<std::size_t, std::size_t>> near_duplicate_pairs(std::span<const std::uint64_t> hashes,
                                                                      int max_distance);

}  // namespace animalctl
