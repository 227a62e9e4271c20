#include "animalctl/stats/mmd.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <fmt/core.h>

#include "animalctl/base/error.h"
#include "animalctl/base/random.h"

namespace animalctl {
namespace {

// A symmetric matrix of pairs, whole: rows are summed over arbitrary columns.
struct PairMatrix {
  std::size_t count = 0;
  std::vector<double> values;  // [count * count]

  double at(std::size_t row, std::size_t column) const { return values[row * count + column]; }
};

std::size_t checked_count(std::span<const float> values, std::size_t dimensions, const char* name) {
  if (dimensions == 0 || values.size() % dimensions != 0 || values.size() / dimensions < 2) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("{} numbers of the {} sample do not make at least two vectors of {} dimensions",
                            values.size(), name, dimensions));
  }
  if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); })) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("the {} sample holds what is not a finite number; leave such vectors out", name));
  }
  return values.size() / dimensions;
}

double squared_distance(const float* a, const float* b, std::size_t dimensions) {
  double sum = 0;
  for (std::size_t i = 0; i < dimensions; ++i) {
    const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    sum += difference * difference;
  }
  return sum;
}

PairMatrix squared_distances(std::span<const float> reference, std::span<const float> current, std::size_t dimensions) {
  std::vector<float> all(reference.begin(), reference.end());
  all.insert(all.end(), current.begin(), current.end());
  PairMatrix distances;
  distances.count = all.size() / dimensions;
  distances.values.resize(distances.count * distances.count, 0.0);
  for (std::size_t i = 0; i < distances.count; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const double distance = squared_distance(&all[i * dimensions], &all[j * dimensions], dimensions);
      distances.values[i * distances.count + j] = distance;
      distances.values[j * distances.count + i] = distance;
    }
  }
  return distances;
}

double median_bandwidth(const PairMatrix& distances) {
  std::vector<double> pairs;
  pairs.reserve(distances.count * (distances.count - 1) / 2);
  for (std::size_t i = 0; i < distances.count; ++i) {
    for (std::size_t j = 0; j < i; ++j) pairs.push_back(distances.at(i, j));
  }
  const auto middle = pairs.begin() + static_cast<std::ptrdiff_t>((pairs.size() - 1) / 2);
  std::nth_element(pairs.begin(), middle, pairs.end());
  return *middle > 0 ? *middle : 1;
}

// MMD^2 for any split of the items, from the sum of the kernel within the smaller side: with the row sums, the other
// two sums follow.
class SplitDiscrepancy {
 public:
  explicit SplitDiscrepancy(const PairMatrix& kernel) : kernel_(kernel), row_sums_(kernel.count, 0.0) {
    for (std::size_t i = 0; i < kernel.count; ++i) {
      const auto row = kernel.values.begin() + static_cast<std::ptrdiff_t>(i * kernel.count);
      row_sums_[i] = std::accumulate(row, row + static_cast<std::ptrdiff_t>(kernel.count), 0.0);
    }
    total_ = std::accumulate(row_sums_.begin(), row_sums_.end(), 0.0);
  }

  // `side`: the items of one side, each once. The diagonal of the kernel is 0 here: pairs of different items only.
  double operator()(std::span<const std::size_t> side) const {
    double within = 0;
    double rows = 0;
    for (std::size_t i = 0; i < side.size(); ++i) {
      rows += row_sums_[side[i]];
      for (std::size_t j = 0; j < i; ++j) within += kernel_.at(side[i], side[j]);
    }
    within *= 2;
    const double between = rows - within;
    const double within_other = total_ - 2 * between - within;
    const auto n = static_cast<double>(side.size());
    const auto m = static_cast<double>(kernel_.count - side.size());
    return within / (n * (n - 1)) + within_other / (m * (m - 1)) - 2 * between / (n * m);
  }

 private:
  const PairMatrix& kernel_;
  std::vector<double> row_sums_;
  double total_ = 0;
};

}  // namespace

MmdResult mmd_test(std::span<const float> reference, std::span<const float> current, std::size_t dimensions,
                   const MmdOptions& options) {
  const std::size_t before = checked_count(reference, dimensions, "reference");
  const std::size_t now = checked_count(current, dimensions, "current");
  if (options.permutations < 1) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("{} permutations; at least 1", options.permutations));
  }
  if (before > kMaxMmdItems || now > kMaxMmdItems - before) {
    throw Error(ErrorCode::ResourceExhausted,
                fmt::format("{} + {} vectors are too many for a kernel matrix; at most {} together, take a sample",
                            before, now, kMaxMmdItems));
  }
  PairMatrix pairs = squared_distances(reference, current, dimensions);
  MmdResult result;
  result.bandwidth = median_bandwidth(pairs);
  for (double& value : pairs.values) value = std::exp(-value / result.bandwidth);
  for (std::size_t i = 0; i < pairs.count; ++i) pairs.values[i * pairs.count + i] = 0;

  const SplitDiscrepancy discrepancy(pairs);
  std::vector<std::size_t> items(pairs.count);
  std::iota(items.begin(), items.end(), std::size_t{0});
  const std::size_t smaller = std::min(before, now);
  const std::size_t first = before <= now ? 0 : before;
  result.mmd2 = discrepancy(std::span(items).subspan(first, smaller));
  RandomStream random(options.seed, "mmd");
  int as_large = 0;
  for (int i = 0; i < options.permutations; ++i) {
    shuffle(std::span(items), random);
    as_large += discrepancy(std::span(items).first(smaller)) >= result.mmd2;
  }
  result.p_value = (1.0 + as_large) / (1.0 + options.permutations);
  return result;
}

}  // namespace animalctl
