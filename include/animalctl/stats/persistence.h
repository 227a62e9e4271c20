#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace animalctl {

// One window that looks drifted is often chance; this many of the last ones are not.
struct PersistenceRule {
  std::size_t needed = 2;   // k
  std::size_t windows = 3;  // of the last n
};

struct PersistenceVerdict {
  bool drifted = false;
  std::size_t hits = 0;    // drifted ones among those looked at
  std::size_t looked = 0;  // min(windows there are, rule.windows)
};

// The verdict over windows, oldest first; `drifted[i]` is 0 or not 0. Only the last rule.windows count; with fewer
// there, the needed number stays, so a first window never decides alone unless needed is 1.
// Throws InvalidArgument when needed is 0 or over windows. Thread-safe.
PersistenceVerdict persistent_drift(std::span<const std::uint8_t> drifted, PersistenceRule rule = {});

// The chance that independent windows without drift, each with false alarm rate `alpha`, give the verdict at a given
// time: P(X >= k), X ~ Binomial(n, alpha). Throws as above, or when alpha is outside 0..1.
double false_alarm_rate(PersistenceRule rule, double alpha);

}  // namespace animalctl
