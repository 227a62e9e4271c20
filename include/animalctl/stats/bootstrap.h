#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "animalctl/stats/interval.h"

namespace animalctl {

enum class BootstrapMethod {
  Bca,         // bias-corrected and accelerated (Efron 1987; Efron and Tibshirani 1993, eq. 14.9 to 14.15)
  Percentile,  // quantiles of the resampled values as they are
};

struct BootstrapOptions {
  BootstrapMethod method = BootstrapMethod::Bca;
  double confidence = 0.95;
  int resamples = 2000;  // SciPy: 9999
  std::uint64_t seed = 0;
};

struct BootstrapResult {
  double value = 0;  // of the items as they are
  Interval interval;
  double standard_error = 0;  // of the resampled values, over resamples - 1
};

// A number computed from the chosen items; indices may repeat.
using BootstrapStatistic = std::function<double(std::span<const std::size_t> indices)>;

// Nonparametric bootstrap of any statistic of `items` items: both models' answers to an item are drawn together, so a
// statistic over both is a paired one. Resample i is a function of (seed, i). Where BCa is undefined (all resampled
// values on one side of `value`, or an item whose absence changes nothing for any) the percentile interval is given.
// Equals scipy.stats.bootstrap(…, paired=True) but for the random numbers. Cost: resamples + items calls.
// Throws InvalidArgument when items < 2, resamples < 2, confidence is not inside (0, 1), or the statistic is not a
// finite number for the items as they are. Thread-safe when `statistic` is.
BootstrapResult bootstrap(std::size_t items, const BootstrapStatistic& statistic, const BootstrapOptions& options = {});

// Of the mean of test[i] - base[i]: right answers as 1 and 0, losses, times. Cost: items * resamples.
// Throws InvalidArgument also when the lengths differ or a value is not finite. Thread-safe.
BootstrapResult paired_bootstrap(std::span<const double> base, std::span<const double> test,
                                 const BootstrapOptions& options = {});

// The interval from resampled values (in any order), the observed value and the jackknife's values (each leaving out
// one item). Pure arithmetic; what the two functions above end with. Throws InvalidArgument when there are under two
// resampled values, or the confidence is not inside (0, 1).
Interval bootstrap_interval(std::span<const double> resampled, double observed, std::span<const double> jackknife,
                            BootstrapMethod method, double confidence);

}  // namespace animalctl
