#include <algorithm>
#include <cmath>
#include <limits>

#include "report/svg_chart.h"

namespace animalctl {
namespace {

constexpr int kRangeTicks = 4;

double nice_step(double span, int wanted, bool whole_numbers) {
  const double rough = span / std::max(1, wanted);
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  const double fraction = rough / power;
  double factor = 10;
  for (const double candidate : {1.0, 2.0, 5.0}) {
    if (fraction <= candidate * (1 + 1e-9)) {
      factor = candidate;
      break;
    }
  }
  return whole_numbers ? std::max(1.0, factor * power) : factor * power;
}

}  // namespace

std::vector<double> nice_ticks(double low, double high, int wanted, bool whole_numbers) {
  if (!(high > low)) return {low};
  const double step = nice_step(high - low, wanted, whole_numbers);
  std::vector<double> ticks;
  // A multiple of the step each, not a running sum, which drifts; adding 0 turns -0 into 0.
  const double first = std::ceil(low / step - 1e-9);
  const double last = std::floor(high / step + 1e-9);
  for (double index = first; index <= last; ++index) ticks.push_back(index * step + 0.0);
  return ticks;
}

Range nice_range(const std::vector<double>& values, double floor, double ceiling) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  if (!(low <= high)) return {std::isfinite(floor) ? floor : 0, std::isfinite(ceiling) ? ceiling : 1};
  if (high - low <= 1e-9 * std::max(std::abs(low), std::abs(high))) {
    const double padding = low == 0 ? 1 : std::abs(low) * 0.1;
    low -= padding;
    high += padding;
  }
  const double step = nice_step(high - low, kRangeTicks, false);
  Range range{std::floor(low / step + 1e-9) * step, std::ceil(high / step - 1e-9) * step};
  range.low = std::max(range.low, floor);
  range.high = std::min(range.high, ceiling);
  if (!(range.high > range.low)) range.high = range.low + step;
  return range;
}

}  // namespace animalctl
