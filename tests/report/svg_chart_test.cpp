#include "report/svg_chart.h"

#include <cmath>
#include <limits>

#include "support/catch_compat.h"

namespace animalctl {
namespace {

using test::contains;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Chart chart_of(Series series) {
  return {"test", "A title", "What it shows", {"x <axis>"}, {"y"}, {std::move(series)}};
}

TEST_CASE("ticks are round numbers inside the range") {
  CHECK(nice_ticks(0, 1, 5) == std::vector<double>{0, 0.2, 0.4, 0.6000000000000001, 0.8, 1});
  CHECK(nice_ticks(1, 12, 5, true) == std::vector<double>{5, 10});
  CHECK(nice_ticks(0.5, 1.5, 5, true) == std::vector<double>{1});
  CHECK(nice_ticks(3, 3, 5) == std::vector<double>{3});
  CHECK_FALSE(std::signbit(nice_ticks(-1e-12, 1, 5).front()));
}

TEST_CASE("ranges are widened to round numbers and stay inside their limits") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Range range = nice_range({0.12, 0.68, kNan}, 0, kInfinity);
  CHECK(range.low == 0);
  CHECK(range.high == 0.8);
  CHECK(nice_range({0.97, 0.99}, 0, 1).high <= 1);
  CHECK(nice_range({kNan}, 0, 1).high == 1);
  CHECK(nice_range({}, -kInfinity, kInfinity).high == 1);
  const Range flat = nice_range({1, 1}, 0, 1);
  CHECK(flat.low < 1);
  CHECK(flat.high == 1);
  const Range zero = nice_range({0, 0}, 0, kInfinity);
  CHECK(zero.low == 0);
  CHECK(zero.high > 0);
}

TEST_CASE("a chart has a title and a description for screen readers and escapes its texts") {
  Series series;
  series.name = "<script>";
  series.x = {0, 1};
  series.y = {0, 1};
  const std::string svg = draw_chart(chart_of(series));
  CHECK(contains(svg, "<title id=\"test-t\">A title</title><desc id=\"test-d\">What it shows</desc>"));
  CHECK(contains(svg, "x &lt;axis&gt;"));
  CHECK(contains(svg, "&lt;script&gt;"));
  CHECK_FALSE(contains(svg, "<script>"));
}

TEST_CASE("a line is broken at values that are no numbers and a lone point is a dot") {
  Series series;
  series.x = {0, 0.25, 0.5, 0.75};
  series.y = {0, 0.5, kNan, 1};
  const std::string svg = draw_chart(chart_of(series));
  CHECK(contains(svg, "<circle"));
  CHECK_FALSE(contains(svg, "nan"));
}

TEST_CASE("bars say their note and leave out values that are no numbers") {
  Series series;
  series.mark = Mark::Bars;
  series.x = {0, 0.5, 1};
  series.y = {kNan, 0.5};
  series.notes = {"none", "two & more"};
  const std::string svg = draw_chart(chart_of(series));
  CHECK(contains(svg, "<title>two &amp; more</title>"));
  CHECK_FALSE(contains(svg, "none"));
}

TEST_CASE("counts are drawn on a logarithmic axis that begins at zero") {
  Series series;
  series.mark = Mark::Step;
  series.x = {0, 0.5, 1};
  series.y = {0, 1000};
  Chart chart = chart_of(series);
  chart.y = {"images", 0, 1000, Scale::LogCount};
  const std::string svg = draw_chart(chart);
  for (const char* tick : {">0<", ">1<", ">10<", ">100<", ">1000<"}) CHECK(contains(svg, tick));
}

}  // namespace
}  // namespace animalctl
