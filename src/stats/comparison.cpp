#include "animalctl/stats/comparison.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "animalctl/base/error.h"
#include "animalctl/stats/mcnemar.h"

namespace animalctl {
namespace {

void check_alpha(double alpha) {
  if (!(alpha > 0 && alpha < 1)) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("alpha {} is not between 0 and 1; 0.05 is usual", alpha));
  }
}

// The smallest |difference of sides| of `discordant` items that reaches alpha; the even split never does.
std::uint64_t smallest_significant_split(std::uint64_t discordant, double alpha) {
  // p grows with k, and k = 0 reaches alpha because discordant >= minimum_discordant(alpha).
  std::uint64_t reaches = 0;
  std::uint64_t misses = (discordant + 1) / 2;
  while (misses - reaches > 1) {
    const std::uint64_t middle = reaches + (misses - reaches) / 2;
    (mcnemar_exact(middle, discordant - middle).p_value <= alpha ? reaches : misses) = middle;
  }
  return discordant - 2 * reaches;
}

Verdict verdict_of(const Comparison& comparison) {
  if (comparison.p_value > comparison.alpha) return Verdict::Inconclusive;
  if (comparison.only_test_correct > comparison.only_base_correct) return Verdict::Better;
  return Verdict::Worse;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::Better:
      return "better";
    case Verdict::Worse:
      return "worse";
    case Verdict::Inconclusive:
      return "inconclusive";
  }
  return "inconclusive";
}

std::uint64_t minimum_discordant(double alpha) {
  check_alpha(alpha);
  std::uint64_t count = 1;
  for (double p_value = 1; p_value > alpha; p_value /= 2) ++count;
  return count;
}

Comparison compare_counts(std::uint64_t only_base_correct, std::uint64_t only_test_correct, std::uint64_t count,
                          double alpha) {
  check_alpha(alpha);
  if (count == 0) throw Error(ErrorCode::InvalidArgument, "cannot compare models on no items; give at least one");
  if (only_base_correct > count || only_test_correct > count - only_base_correct) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("cannot compare: {} + {} items on which only one model is right, of {} items in all",
                            only_base_correct, only_test_correct, count));
  }
  Comparison comparison;
  const McNemarResult test = mcnemar_exact(only_base_correct, only_test_correct);
  comparison.alpha = alpha;
  comparison.p_value = test.p_value;
  comparison.mid_p_value = test.mid_p_value;
  comparison.count = count;
  comparison.only_base_correct = only_base_correct;
  comparison.only_test_correct = only_test_correct;
  const auto items = static_cast<double>(count);
  comparison.accuracy_difference =
      (static_cast<double>(only_test_correct) - static_cast<double>(only_base_correct)) / items;
  comparison.verdict = verdict_of(comparison);
  const std::uint64_t discordant = std::max(only_base_correct + only_test_correct, minimum_discordant(alpha));
  if (discordant <= count) {
    comparison.smallest_detectable_difference =
        static_cast<double>(smallest_significant_split(discordant, alpha)) / items;
  }
  return comparison;
}

Comparison compare_paired(std::span<const std::uint8_t> base_correct, std::span<const std::uint8_t> test_correct,
                          double alpha) {
  if (base_correct.size() != test_correct.size()) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("cannot compare {} answers of the base model with {} of the test model; both must answer "
                            "the same items",
                            base_correct.size(), test_correct.size()));
  }
  std::uint64_t only_base = 0;
  std::uint64_t only_test = 0;
  for (std::size_t i = 0; i < base_correct.size(); ++i) {
    const bool base = base_correct[i] != 0;
    const bool test = test_correct[i] != 0;
    only_base += base && !test;
    only_test += test && !base;
  }
  return compare_counts(only_base, only_test, base_correct.size(), alpha);
}

}  // namespace animalctl
