#include "animalctl/stats/bootstrap.h"

#include <cmath>
#include <numbers>
#include <numeric>
#include <optional>
#include <vector>

#include <fmt/core.h>

#include "animalctl/base/error.h"
#include "animalctl/base/random.h"
#include "stats/sample.h"

namespace animalctl {
namespace {

double normal_cdf(double z) {
  return std::erfc(-z / std::numbers::sqrt2) / 2;
}

// 0 < p < 1.
double normal_quantile(double p) {
  if (p == 0.5) return 0;
  return p > 0.5 ? normal_quantile_two_sided(2 * p - 1) : -normal_quantile_two_sided(1 - 2 * p);
}

void check(const BootstrapOptions& options, std::size_t items) {
  if (items < 2 || options.resamples < 2) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("{} items and {} resamples; a bootstrap needs two of each", items, options.resamples));
  }
}

// A third of the skewness of the jackknife's values, half of it: how fast the standard error changes with the value.
double acceleration(std::span<const double> jackknife) {
  const auto count = static_cast<double>(jackknife.size());
  const double mean = std::accumulate(jackknife.begin(), jackknife.end(), 0.0) / count;
  double squares = 0;
  double cubes = 0;
  for (const double value : jackknife) {
    const double difference = mean - value;
    squares += difference * difference;
    cubes += difference * difference * difference;
  }
  return cubes / (6 * std::pow(squares, 1.5));
}

// The share of the distribution at which BCa reads an end of the interval.
double corrected_share(double bias, double z, double acceleration) {
  const double shifted = bias + z;
  return normal_cdf(bias + shifted / (1 - acceleration * shifted));
}

struct Shares {
  double low;
  double high;
};

std::optional<Shares> bca_shares(std::span<const double> sorted, double observed, std::span<const double> jackknife,
                                 double tail) {
  double below = 0;
  for (const double value : sorted) below += value < observed ? 1.0 : value == observed ? 0.5 : 0.0;
  const double share = below / static_cast<double>(sorted.size());
  if (!(share > 0 && share < 1) || jackknife.empty()) return std::nullopt;
  const double bias = normal_quantile(share);
  const double a = acceleration(jackknife);
  const double z = normal_quantile(tail);
  const Shares shares{corrected_share(bias, z, a), corrected_share(bias, -z, a)};
  if (!std::isfinite(shares.low) || !std::isfinite(shares.high)) return std::nullopt;
  return shares;
}

BootstrapResult finish(double observed, std::span<const double> resampled, std::span<const double> jackknife,
                       const BootstrapOptions& options) {
  BootstrapResult result;
  result.value = observed;
  result.interval = bootstrap_interval(resampled, observed, jackknife, options.method, options.confidence);
  const auto count = static_cast<double>(resampled.size());
  const double mean = std::accumulate(resampled.begin(), resampled.end(), 0.0) / count;
  double squares = 0;
  for (const double value : resampled) squares += (value - mean) * (value - mean);
  result.standard_error = std::sqrt(squares / (count - 1));
  return result;
}

}  // namespace

Interval bootstrap_interval(std::span<const double> resampled, double observed, std::span<const double> jackknife,
                            BootstrapMethod method, double confidence) {
  if (!(confidence > 0 && confidence < 1) || resampled.size() < 2) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("no interval of confidence {} from {} resampled values; the confidence is a share such as "
                            "0.95, of two values or more",
                            confidence, resampled.size()));
  }
  const std::vector<double> sorted = sorted_sample(resampled, "resampled");
  const double tail = (1 - confidence) / 2;
  Shares shares{tail, 1 - tail};
  if (method == BootstrapMethod::Bca) shares = bca_shares(sorted, observed, jackknife, tail).value_or(shares);
  return {sorted_quantile(sorted, shares.low), sorted_quantile(sorted, shares.high)};
}

BootstrapResult bootstrap(std::size_t items, const BootstrapStatistic& statistic, const BootstrapOptions& options) {
  check(options, items);
  std::vector<std::size_t> indices(items);
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  const double observed = statistic(indices);
  if (!std::isfinite(observed)) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("the statistic of the items is {}, not a number", observed));
  }
  std::vector<double> jackknife;
  if (options.method == BootstrapMethod::Bca) {
    std::vector<std::size_t> others(indices.begin() + 1, indices.end());
    for (std::size_t left_out = 0; left_out < items; ++left_out) {
      jackknife.push_back(statistic(others));
      if (left_out < others.size()) others[left_out] = left_out;
    }
  }
  std::vector<double> resampled;
  for (int i = 0; i < options.resamples; ++i) {
    RandomStream random(options.seed, "bootstrap", static_cast<std::uint64_t>(i));
    for (std::size_t& index : indices) index = random.below(items);
    resampled.push_back(statistic(indices));
  }
  return finish(observed, resampled, jackknife, options);
}

BootstrapResult paired_bootstrap(std::span<const double> base, std::span<const double> test,
                                 const BootstrapOptions& options) {
  if (base.size() != test.size()) {
    throw Error(
        ErrorCode::InvalidArgument,
        fmt::format("cannot pair {} values of the base model with {} of the test model", base.size(), test.size()));
  }
  check(options, base.size());
  check_sample(base, "base");
  check_sample(test, "test");
  std::vector<double> differences(base.size());
  for (std::size_t i = 0; i < base.size(); ++i) differences[i] = test[i] - base[i];
  const auto count = static_cast<double>(base.size());
  const double sum = std::accumulate(differences.begin(), differences.end(), 0.0);
  // The jackknife of a mean needs no second pass over the others.
  std::vector<double> jackknife;
  jackknife.reserve(differences.size());
  for (const double difference : differences) jackknife.push_back((sum - difference) / (count - 1));
  std::vector<double> resampled;
  for (int i = 0; i < options.resamples; ++i) {
    RandomStream random(options.seed, "bootstrap", static_cast<std::uint64_t>(i));
    double drawn = 0;
    for (std::size_t j = 0; j < differences.size(); ++j) drawn += differences[random.below(differences.size())];
    resampled.push_back(drawn / count);
  }
  return finish(sum / count, resampled, jackknife, options);
}

}  // namespace animalctl
