#include "animalctl/loadtest/hgrm.h"

#include <fmt/core.h>

#include <cmath>

namespace animalctl::loadtest {
namespace {

constexpr double kLinesPerHalving = 5;

double in_milliseconds(LatencyHistogram::Duration value) {
  return std::chrono::duration<double, std::milli>(value).count();
}

// The next percentile to print: the step is halved as the rest is.
double next_share(double share) {
  const double halvings = std::floor(std::log2(1 / (1 - share))) + 1;
  return share + 1 / (kLinesPerHalving * std::exp2(halvings));
}

}  // namespace

std::string hgrm_text(const LatencyHistogram& histogram) {
  std::string text =
      fmt::format("{:>12} {:>14} {:>10} {:>14}\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)");
  double share = 0;
  while (histogram.count() > 0) {
    const auto value = histogram.quantile(share);
    const std::uint64_t count = histogram.count_up_to(value);
    if (count >= histogram.count()) {
      text += fmt::format("{:12.3f} {:.12f} {:10}\n", in_milliseconds(value), 1.0, count);
      break;
    }
    text += fmt::format("{:12.3f} {:.12f} {:10} {:14.2f}\n", in_milliseconds(value), share, count, 1 / (1 - share));
    share = next_share(share);
  }
  text += fmt::format("#[Mean    = {:12.3f}, StdDeviation   = {:12.3f}]\n", in_milliseconds(histogram.mean()),
                      in_milliseconds(histogram.standard_deviation()));
  text += fmt::format("#[Max     = {:12.3f}, Total count    = {:12}]\n", in_milliseconds(histogram.max()),
                      histogram.count());
  return text;
}

}  // namespace animalctl::loadtest
