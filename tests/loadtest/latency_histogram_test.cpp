#include "animalctl/loadtest/latency_histogram.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "animalctl/base/random.h"
#include "animalctl/base/text.h"
#include "animalctl/loadtest/hgrm.h"
#include "support/catch_compat.h"

namespace animalctl::loadtest {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using test::contains;

// The ⌈q·n⌉-th smallest.
std::int64_t exact_quantile(std::vector<std::int64_t> values, double quantile) {
  std::sort(values.begin(), values.end());
  const double rank = std::ceil(quantile * static_cast<double>(values.size()));
  return values[static_cast<std::size_t>(std::max(1.0, rank)) - 1];
}

// Latencies as servers have them: log-normal, with a tail over seven powers of ten.
std::vector<std::int64_t> latencies(std::size_t count, std::uint64_t seed) {
  RandomStream random(seed, "latencies");
  std::vector<std::int64_t> values;
  for (std::size_t i = 0; i < count; ++i) {
    values.push_back(static_cast<std::int64_t>(std::exp(13 + 2 * random.normal())));
  }
  return values;
}

TEST_CASE("quantiles of a latency histogram are never below the exact ones and less than 1/1024 above", "[loadtest]") {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const auto values = latencies(20'000, seed);
    LatencyHistogram histogram;
    for (const std::int64_t value : values) histogram.record(nanoseconds(value));
    for (const double quantile : {0.0, 0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
      INFO(seed << ": " << quantile);
      const std::int64_t exact = exact_quantile(values, quantile);
      const std::int64_t read = histogram.quantile(quantile).count();
      CHECK(read >= exact);
      CHECK(static_cast<double>(read - exact) <= static_cast<double>(exact) / 1024);
    }
  }
}

TEST_CASE("a latency histogram is exact at each edge of its buckets", "[loadtest]") {
  // One value alone is read back as the maximum, which is exact; so each is put below a larger one.
  for (int bit = 0; bit < 41; ++bit) {
    for (const std::int64_t offset : {-1, 0, 1}) {
      const std::int64_t value = (std::int64_t{1} << bit) + offset;
      LatencyHistogram histogram;
      histogram.record(nanoseconds(value));
      histogram.record(hours(1));
      const std::int64_t read = histogram.quantile(0.5).count();
      INFO(value << " read as " << read);
      CHECK(read >= value);
      CHECK(read - value <= value / 1024);
      CHECK(histogram.count_up_to(nanoseconds(value)) == 1);
    }
  }
}

TEST_CASE("count, extremes, mean and deviation of a latency histogram are exact", "[loadtest]") {
  LatencyHistogram histogram;
  CHECK((histogram.count() == 0 && histogram.min().count() == 0 && histogram.quantile(0.5).count() == 0));
  CHECK((histogram.mean().count() == 0 && histogram.standard_deviation().count() == 0));
  for (const int value : {3, 1, 4, 1, 5, 9, 2, 6}) histogram.record(milliseconds(value));
  CHECK(histogram.count() == 8);
  CHECK((histogram.min() == milliseconds(1) && histogram.max() == milliseconds(9)));
  CHECK(histogram.mean() == nanoseconds(3'875'000));
  CHECK(std::abs(histogram.standard_deviation().count() - 2'570'870) <= 1);
}

TEST_CASE("durations below zero and above an hour are kept at the ends", "[loadtest]") {
  LatencyHistogram histogram;
  histogram.record(nanoseconds(-5));
  histogram.record(hours(7));
  CHECK((histogram.min().count() == 0 && histogram.max() == hours(7)));
  CHECK(histogram.quantile(0.5).count() == 0);
  CHECK(histogram.quantile(1.0) == hours(7));
}

TEST_CASE("merged latency histograms equal one that saw everything", "[loadtest]") {
  const auto values = latencies(3'000, 7);
  LatencyHistogram whole;
  LatencyHistogram parts[2];
  for (std::size_t i = 0; i < values.size(); ++i) {
    whole.record(nanoseconds(values[i]));
    parts[i % 2].record(nanoseconds(values[i]));
  }
  parts[0].merge(parts[1]);
  CHECK(parts[0].count() == whole.count());
  CHECK((parts[0].min() == whole.min() && parts[0].max() == whole.max()));
  for (const double quantile : {0.1, 0.5, 0.99}) CHECK(parts[0].quantile(quantile) == whole.quantile(quantile));
}

TEST_CASE("the percentile distribution rises to 100 % and counts every value", "[loadtest]") {
  LatencyHistogram histogram;
  for (int i = 1; i <= 1000; ++i) histogram.record(milliseconds(i));
  const std::string text = hgrm_text(histogram);
  double last_value = 0;
  double last_share = -1;
  std::uint64_t last_count = 0;
  int lines = 0;
  for (const std::string& line : split(text, '\n')) {
    double value = 0;
    double share = 0;
    std::uint64_t count = 0;
    if (std::sscanf(line.c_str(), "%lf %lf %lu", &value, &share, &count) != 3) continue;
    CHECK((value >= last_value && share > last_share && count >= last_count));
    // What the line says is so: this many values are up to this one.
    CHECK(std::abs(static_cast<double>(count) - value) <= value / 1024 + 1);
    CHECK(static_cast<double>(count) >= share * 1000 - 1e-6);
    last_value = value;
    last_share = share;
    last_count = count;
    ++lines;
  }
  CHECK((last_share == 1.0 && last_count == 1000 && last_value == 1000.0));
  CHECK(lines > 30);
  CHECK(contains(text, "Total count    =         1000"));
  CHECK(contains(hgrm_text(LatencyHistogram()), "Total count    =            0"));
}

}  // namespace
}  // namespace animalctl::loadtest
