#pragma once

#include <cstdint>
#include <span>

namespace animalctl {

enum class KsMethod {
  Auto,        // Exact up to kKsExactCells = size * size, Asymptotic beyond
  Exact,       // all paths counted: time grows with the product of the sizes, about 3 ns each
  Asymptotic,  // the one-sample distribution with size m * n / (m + n)
};

inline constexpr std::uint64_t kKsExactCells = 100'000'000;

struct KsResult {
  double statistic = 0;  // the largest distance between the two distribution functions, 0..1
  double location = 0;   // a value where they are that far apart
  double p_value = 1;    // two-sided
  bool exact = true;
};

// Two-sample Kolmogorov-Smirnov test, two-sided, as scipy.stats.ks_2samp. Alibi Detect (KSDrift) calls p < 0.05 drift,
// divided by the number of features (Bonferroni); Evidently's default for numbers with up to 1,000 items.
//
// Exact p: the share of the C(m + n, n) orders of both samples together whose distance reaches the observed one
// (Hodges 1958), by a recursion over the probability to have reached it, which keeps its relative precision down to
// 1e-300 (Schröer and Trenkler 1995). As in SciPy, ties within the data count as untied, which is conservative.
// Asymptotic p: P(D_en >= d) of the one-sample statistic with en = round(m n / (m + n)), like SciPy's mode "asymp":
// twice the one-sided tail (Birnbaum and Tingey 1951) from en * d^2 = 2.2 on, below that the expansion of Pelz and
// Good (J. R. Stat. Soc. B 1976), whose error is under 1e-5 at en = 100 and falls with en^(-5/2).
// SciPy switches to "asymp" when one size is over 10,000; Auto does so at a product over 1e8.
// Throws InvalidArgument when a sample is empty or holds what is not finite. Thread-safe.
KsResult ks_two_sample(std::span<const double> first, std::span<const double> second, KsMethod method = KsMethod::Auto);

}  // namespace animalctl
