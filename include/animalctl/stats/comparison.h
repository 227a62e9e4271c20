#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace animalctl {

enum class Verdict { Better, Worse, Inconclusive };

// "better", "worse" or "inconclusive".
std::string_view to_string(Verdict verdict);

// What a paired comparison of a test model with a base model found.
struct Comparison {
  Verdict verdict = Verdict::Inconclusive;
  double alpha = 0.05;
  double p_value = 1;  // mcnemar_exact
  double mid_p_value = 1;
  std::uint64_t count = 0;              // items compared
  std::uint64_t only_base_correct = 0;  // discordant: base right, test wrong
  std::uint64_t only_test_correct = 0;  // discordant: test right, base wrong
  double accuracy_difference = 0;       // test minus base, -1..1

  // The smallest |accuracy difference| that would have given a verdict other than Inconclusive, if
  // the models disagreed on as many items as they did: with d = max(discordant items seen,
  // minimum_discordant(alpha)) and k the largest number with mcnemar_exact(k, d - k).p_value <= alpha,
  // it is (d - 2k) / count. Nothing when d > count: the set is too small to show any difference.
  // It is a limit of significance, not of power: a true difference of this size is found about every
  // second time.
  std::optional<double> smallest_detectable_difference;
};

// Compares two models on the same items: `base_correct[i]` and `test_correct[i]` are 0 or not 0 (right)
// for the same item i. Better or Worse when mcnemar_exact's p_value <= alpha, by the sign of the
// difference; otherwise Inconclusive, equal accuracy included. Throws InvalidArgument when the lengths
// differ, there are no items, or alpha is not inside (0, 1). Thread-safe.
Comparison compare_paired(std::span<const std::uint8_t> base_correct, std::span<const std::uint8_t> test_correct,
                          double alpha = 0.05);

// The same from counts. Throws InvalidArgument also when more items are discordant than there are.
Comparison compare_counts(std::uint64_t only_base_correct, std::uint64_t only_test_correct, std::uint64_t count,
                          double alpha = 0.05);

// The fewest discordant items that can ever reach p <= alpha, all on one side: the smallest m with
// 2 * (1/2)^m <= alpha; 6 for 0.05, 8 for 0.01. Throws InvalidArgument when alpha is not inside (0, 1).
std::uint64_t minimum_discordant(double alpha);

}  // namespace animalctl
