#include "animalctl/stats/interval.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/core.h>

#include "animalctl/base/error.h"

namespace animalctl {

double normal_quantile_two_sided(double confidence) {
  if (!(confidence > 0 && confidence < 1)) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("confidence {} is not between 0 and 1; give a share such as 0.95", confidence));
  }
  // P(|Z| > z) = erfc(z / sqrt 2) falls from 1 to nothing on [0, 40]: halve until the doubles meet.
  const double outside = 1 - confidence;
  double low = 0;
  double high = 40;
  while (true) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return middle;
    (std::erfc(middle / std::numbers::sqrt2) > outside ? low : high) = middle;
  }
}

Interval wilson_interval(std::uint64_t successes, std::uint64_t trials, double confidence) {
  const double z = normal_quantile_two_sided(confidence);
  if (successes > trials) {
    throw Error(
        ErrorCode::InvalidArgument,
        fmt::format("{} successes of {} trials: there cannot be more successes than trials", successes, trials));
  }
  if (trials == 0) return {};
  const auto n = static_cast<double>(trials);
  const double share = static_cast<double>(successes) / n;
  const double z_square_share = z * z / n;
  const double center = (share + z_square_share / 2) / (1 + z_square_share);
  const double half_width = z / (1 + z_square_share) * std::sqrt(share * (1 - share) / n + z_square_share / (4 * n));
  // Exact at the ends, where rounding would leave 1e-17 instead of 0.
  return {successes == 0 ? 0 : std::max(0.0, center - half_width),
          successes == trials ? 1 : std::min(1.0, center + half_width)};
}

}  // namespace animalctl
