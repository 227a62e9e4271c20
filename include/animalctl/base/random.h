#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace animalctl {

// A stream of random numbers that is a pure function of (seed, purpose, a, b), so results do not
// depend on the number of threads or the order of calls between streams. Numbers are the same on
// every machine and library version. Generator: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
// Not for secrets. Not thread-safe; make one per sample instead of sharing.
class RandomStream {
 public:
  // `purpose` names the use ("augment", "split"); `a` and `b` are usually epoch and sample index.
  RandomStream(std::uint64_t seed, std::string_view purpose, std::uint64_t a = 0, std::uint64_t b = 0);

  std::uint64_t next();
  // Uniform integer in [0, bound), without modulo bias; bound ≥ 1.
  std::uint64_t below(std::uint64_t bound);
  // Uniform in [0, 1), 53 bits.
  double uniform();
  // Uniform in [low, high).
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  // Standard normal (Box-Muller).
  double normal();

 private:
  std::uint64_t state_;
};

// Fisher-Yates shuffle; std::shuffle differs between standard libraries.
template <typename T>
void shuffle(std::span<T> items, RandomStream& random) {
  for (std::size_t i = items.size(); i > 1; --i) {
    using std::swap;
    swap(items[i - 1], items[random.below(i)]);
  }
}

}  // namespace animalctl
