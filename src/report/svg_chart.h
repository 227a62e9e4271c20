#pragma once

#include <string>
#include <vector>

namespace animalctl {

enum class Scale {
  Linear,
  LogCount,  // log10(1 + value): counts from 0 to millions in one picture
};

struct Axis {
  std::string label;
  double low = 0;
  double high = 1;
  Scale scale = Scale::Linear;
  bool is_percent = false;  // ticks as 0% … 100%
  bool whole_numbers = false;
};

enum class Mark {
  Line,      // through (x[i], y[i]); broken where a value is not finite
  Points,    // a dot at each
  Step,      // y[i] from x[i] to x[i + 1], filled; x has one more than y
  Bars,      // likewise, as bars; a y that is not finite has none
  Whiskers,  // vertical from y[i] to upper[i]
};

struct Series {
  std::string name;  // empty: not in the legend
  Mark mark = Mark::Line;
  std::vector<double> x;
  std::vector<double> y;
  std::vector<double> upper;
  int colour = 0;  // 0..kChartColours - 1 of the page's palette; kNeutralColour
  bool dashed = false;
  std::vector<std::string> notes;  // Bars and Points: what is shown when the mouse rests on one; may be empty
};

inline constexpr int kChartColours = 8;
inline constexpr int kNeutralColour = -1;

struct Chart {
  std::string id;     // unique on the page, letters and digits
  std::string title;  // read by screen readers; the page shows its own
  std::string description;
  Axis x;
  Axis y;
  std::vector<Series> series;
};

// The chart as an <svg> element of 310 × 236 units, higher with a
// long legend, that takes its colours from the page's style sheet and grows with
// its container. Every text is escaped.
std::string draw_chart(const Chart& chart);

// Steps of 1, 2 or 5 times a power of ten inside [low, high], about `wanted` of them (Heckbert, Graphics Gems 1990).
std::vector<double> nice_ticks(double low, double high, int wanted, bool whole_numbers = false);

// Low and high of the finite `values`, widened to nice ticks and kept inside [floor, ceiling]; floor..ceiling, or 0..1
// where these are infinite, when there is no value.
struct Range {
  double low = 0;
  double high = 1;
};
Range nice_range(const std::vector<double>& values, double floor, double ceiling);

}  // namespace animalctl
