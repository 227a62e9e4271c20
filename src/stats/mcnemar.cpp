#include "animalctl/stats/mcnemar.h"

#include <algorithm>

#include <fmt/core.h>

#include "animalctl/base/error.h"
#include "stats/binomial.h"

namespace animalctl {
namespace {

constexpr std::uint64_t kMaxDiscordant = 1'000'000'000'000;

}  // namespace

McNemarResult mcnemar_exact(std::uint64_t only_first, std::uint64_t only_second) {
  if (only_first > kMaxDiscordant || only_second > kMaxDiscordant - only_first) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("cannot compare: {} and {} items on which only one model is right; at most {} together",
                            only_first, only_second, kMaxDiscordant));
  }
  // At equality both sides hold the middle term; the sum would be over 1.
  if (only_first == only_second) return {};
  const std::uint64_t n = only_first + only_second;
  const std::uint64_t k = std::min(only_first, only_second);
  const double tail = fair_binomial_lower_tail(k, n);
  return {std::min(1.0, 2 * tail), std::min(1.0, 2 * tail - fair_binomial_probability(k, n))};
}

}  // namespace animalctl
