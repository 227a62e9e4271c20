#include "stats/sample.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "animalctl/base/error.h"

namespace animalctl {

void check_sample(std::span<const double> values, std::string_view name) {
  if (values.empty()) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("the {} sample is empty; give at least one value", name));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      throw Error(
          ErrorCode::InvalidArgument,
          fmt::format("value {} of the {} sample is {}; only finite numbers can be compared", i, name, values[i]));
    }
  }
}

std::vector<double> sorted_sample(std::span<const double> values, std::string_view name) {
  check_sample(values, name);
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

double sorted_quantile(std::span<const double> sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = std::min(static_cast<std::size_t>(place), sorted.size() - 1);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double part = place - static_cast<double>(below);
  return sorted[below] + part * (sorted[above] - sorted[below]);
}

}  // namespace animalctl
