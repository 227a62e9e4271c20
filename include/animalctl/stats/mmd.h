#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace animalctl {

// Two samples together may hold this many items: the kernel matrix takes 8 bytes a pair, 128 MiB at most.
inline constexpr std::size_t kMaxMmdItems = 4096;

struct MmdOptions {
  int permutations = 199;  // Alibi Detect: 100. p is never under 1 / (permutations + 1)
  std::uint64_t seed = 0;
};

struct MmdResult {
  double mmd2 = 0;       // unbiased, so it may be a little under 0 when nothing differs
  double bandwidth = 0;  // the kernel is exp(-|x - y|^2 / bandwidth)
  double p_value = 1;
};

// Maximum mean discrepancy of two samples of vectors with a Gaussian kernel: the unbiased estimate of its square
// (Gretton et al., JMLR 2012, eq. 3). `bandwidth` is the median of the squared distances between different items of
// both samples together (the lower one of two), as in Alibi Detect's MMDDrift; 1 when that is 0.
// p: how often the labels "reference" and "now", dealt out anew at random, give as large a value, the observed deal
// counted in ((1 + b) / (1 + permutations), Phipson and Smyth 2010; Alibi leaves the ones out). It depends on the
// seed, not on the order of calls. `reference` and `current` are [n * dimensions], row-major.
// Cost: n^2 * dimensions / 2 multiplications, then n^2 / 4 additions a permutation.
// Throws InvalidArgument when dimensions is 0, a length is not a multiple of it, a side has under two items, a value is
// not finite or permutations < 1; ResourceExhausted over kMaxMmdItems. Thread-safe.
MmdResult mmd_test(std::span<const float> reference, std::span<const float> current, std::size_t dimensions,
                   const MmdOptions& options = {});

}  // namespace animalctl
