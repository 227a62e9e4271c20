#include "animalctl/loadtest/poisson_schedule.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "support/catch_compat.h"

namespace animalctl::loadtest {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using test::require_error;

std::vector<double> gaps(double rate, std::uint64_t seed, int count) {
  PoissonSchedule schedule(rate, seed);
  std::vector<double> result;
  nanoseconds last{0};
  for (int i = 0; i < count; ++i) {
    const auto due = schedule.take_due(nanoseconds::max());
    REQUIRE(due.has_value());
    result.push_back(std::chrono::duration<double>(*due - last).count());
    last = *due;
  }
  return result;
}

TEST_CASE("arrivals have exponentially distributed gaps", "[loadtest]") {
  constexpr int kCount = 20'000;
  const double rate = 250;
  const auto values = gaps(rate, 5, kCount);
  double sum = 0;
  double squares = 0;
  double neighbours = 0;
  for (const double gap : values) sum += gap;
  const double mean = sum / kCount;
  for (std::size_t i = 0; i < values.size(); ++i) {
    squares += (values[i] - mean) * (values[i] - mean);
    if (i > 0) neighbours += (values[i] - mean) * (values[i - 1] - mean);
  }
  // Five standard errors each; the seed is fixed, so the test cannot fail by chance.
  const double five = 5 / std::sqrt(double{kCount});
  CHECK(std::abs(mean * rate - 1) < five);
  // The deviation equals the mean (standard error of the ratio √2/√n for this distribution).
  CHECK(std::abs(std::sqrt(squares / kCount) * rate - 1) < five * std::sqrt(2.0));
  // Independent of each other.
  CHECK(std::abs(neighbours / squares) < five);
  // Kolmogorov-Smirnov against 1 − exp(−rate·x): 1.95/√n is passed by 99.9 % of true samples.
  std::vector<double> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  double distance = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const double expected = 1 - std::exp(-rate * sorted[i]);
    distance = std::max({distance, std::abs(expected - static_cast<double>(i) / kCount),
                         std::abs(expected - static_cast<double>(i + 1) / kCount)});
  }
  CHECK(distance < 1.95 / std::sqrt(double{kCount}));
}

TEST_CASE("arrivals depend on rate and seed only", "[loadtest]") {
  CHECK(gaps(100, 1, 50) == gaps(100, 1, 50));
  CHECK(gaps(100, 1, 50) != gaps(100, 2, 50));
}

TEST_CASE("a clock that stalls finds every arrival of the stall with its own time", "[loadtest]") {
  PoissonSchedule steady(1000, 3);
  PoissonSchedule stalled(1000, 3);
  std::vector<nanoseconds> seen_steady;
  for (nanoseconds now{0}; now < seconds(1); now += milliseconds(1)) {
    while (const auto due = steady.take_due(now)) {
      CHECK((*due <= now && *due > now - milliseconds(1)));
      seen_steady.push_back(*due);
    }
  }
  std::vector<nanoseconds> seen_stalled;
  while (const auto due = stalled.take_due(seconds(1) - milliseconds(1))) seen_stalled.push_back(*due);
  CHECK(seen_stalled == seen_steady);
  CHECK(seen_steady.size() > 800);
  CHECK(stalled.next() > seconds(1) - milliseconds(1));
}

TEST_CASE("a rate that is not above zero is refused", "[loadtest]") {
  for (const double rate : {0.0, -1.0, std::numeric_limits<double>::infinity(), std::nan("")}) {
    require_error(ErrorCode::InvalidArgument, "rate", [&] { PoissonSchedule schedule(rate, 0); });
  }
}

}  // namespace
}  // namespace animalctl::loadtest
