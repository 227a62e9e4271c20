#include "report/svg_chart.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "report/html_text.h"

namespace animalctl {
namespace {

constexpr double kWidth = 310;
constexpr double kHeight = 236;
constexpr double kRight = 14;
constexpr double kBottom = 44;
constexpr double kTop = 26;
constexpr double kLegendRow = 18;
// The page's sans-serif at 12 units is about this wide a character.
constexpr double kCharacter = 6.6;

double position(const Axis& axis, double value) {
  if (axis.scale == Scale::LogCount) {
    return std::log10(1 + std::max(0.0, value)) / std::log10(1 + std::max(1.0, axis.high));
  }
  return (value - axis.low) / (axis.high - axis.low);
}

std::vector<double> ticks_of(const Axis& axis, int wanted) {
  if (axis.scale == Scale::Linear) return nice_ticks(axis.low, axis.high, wanted, axis.whole_numbers);
  std::vector<double> ticks{0};
  for (double value = 1; value <= axis.high; value *= 10) ticks.push_back(value);
  return ticks;
}

std::string tick_text(const Axis& axis, double value, double step) {
  const double shown = axis.is_percent ? value * 100 : value;
  const double shown_step = axis.is_percent ? step * 100 : step;
  if (shown != 0 && (std::abs(shown) < 1e-4 || std::abs(shown) >= 1e6)) return fmt::format("{:.3g}", shown);
  const int digits = std::clamp(static_cast<int>(std::ceil(-std::log10(shown_step) - 1e-9)), 0, 6);
  return fmt::format("{:.{}f}{}", shown, digits, axis.is_percent ? "%" : "");
}

// Draws one chart; the members are where the plot lies.
class Drawing {
 public:
  explicit Drawing(const Chart& chart) : chart_(chart) {
    y_ticks_ = labelled(chart.y, 5);
    x_ticks_ = labelled(chart.x, 5);
    std::size_t longest = 0;
    for (const Tick& tick : y_ticks_) longest = std::max(longest, tick.text.size());
    left_ = 12 + kCharacter * static_cast<double>(longest);
    place_legend();
  }

  std::string draw() {
    svg_ = fmt::format(
        R"(<svg class="chart" viewBox="0 0 {} {}" role="img" aria-labelledby="{}-t {}-d"><title id="{}-t">{}</title><desc id="{}-d">{}</desc>)",
        kWidth, height_, chart_.id, chart_.id, chart_.id, escape_html(chart_.title), chart_.id,
        escape_html(chart_.description));
    draw_axes();
    for (const Series& series : chart_.series) draw_series(series);
    svg_ += legend_ + "</svg>";
    return svg_;
  }

 private:
  struct Tick {
    double value = 0;
    std::string text;
  };

  static std::vector<Tick> labelled(const Axis& axis, int wanted) {
    const std::vector<double> values = ticks_of(axis, wanted);
    const double step =
        axis.scale == Scale::Linear && values.size() > 1 ? values[1] - values[0] : std::max(1.0, std::abs(values[0]));
    std::vector<Tick> ticks;
    ticks.reserve(values.size());
    for (const double value : values) ticks.push_back({value, tick_text(axis, value, step)});
    return ticks;
  }

  double x(double value) const { return left_ + position(chart_.x, value) * (kWidth - left_ - kRight); }
  double y(double value) const { return bottom() - position(chart_.y, value) * (bottom() - top_); }
  double bottom() const { return height_ - kBottom; }

  // Entries from left to right, in rows; the plot begins below them.
  void place_legend() {
    double at = left_;
    double row = kTop + 6;
    const auto named = std::count_if(chart_.series.begin(), chart_.series.end(),
                                     [](const Series& series) { return !series.name.empty(); });
    top_ = kTop;
    if (named == 0) return;
    for (const Series& series : chart_.series) {
      if (series.name.empty()) continue;
      const double width = 26 + kCharacter * static_cast<double>(series.name.size()) + 14;
      if (at > left_ && at + width > kWidth) {
        at = left_;
        row += kLegendRow;
      }
      legend_ += legend_entry(series, at, row);
      at += width;
    }
    top_ = row + 14;
    // The plot stays as high as with one row.
    height_ = kHeight + row - kTop - 6;
  }

  static std::string legend_entry(const Series& series, double at, double row) {
    std::string entry;
    if (series.mark == Mark::Points) {
      entry = fmt::format(R"(<circle class="dot {}" cx="{:.1f}" cy="{:.1f}" r="4"/>)", colour(series), at + 9, row);
    } else if (series.mark == Mark::Bars || series.mark == Mark::Step) {
      entry = fmt::format(R"(<rect class="{} {}" x="{:.1f}" y="{:.1f}" width="16" height="10"/>)",
                          series.mark == Mark::Bars ? "bar" : "area", colour(series), at + 1, row - 5);
    } else {
      entry = fmt::format(R"(<path class="line {}{}" d="M{:.1f} {:.1f}h18"/>)", colour(series), dash(series), at, row);
    }
    return entry + fmt::format(R"(<text x="{:.1f}" y="{:.1f}">{}</text>)", at + 23, row + 4, escape_html(series.name));
  }

  void draw_axes() {
    const double right = kWidth - kRight;
    for (const Tick& tick : y_ticks_) {
      svg_ += fmt::format(
          R"(<path class="grid" d="M{:.1f} {:.1f}H{:.1f}"/><text class="tick" text-anchor="end" x="{:.1f}" y="{:.1f}">{}</text>)",
          left_, y(tick.value), right, left_ - 6, y(tick.value) + 4, tick.text);
    }
    for (const Tick& tick : x_ticks_) {
      svg_ += fmt::format(
          R"(<path class="axis" d="M{:.1f} {:.1f}v4"/><text class="tick" text-anchor="middle" x="{:.1f}" y="{:.1f}">{}</text>)",
          x(tick.value), bottom(), x(tick.value), bottom() + 17, tick.text);
    }
    svg_ += fmt::format(R"(<path class="axis" d="M{:.1f} {:.1f}H{:.1f}"/>)", left_, bottom(), right);
    svg_ += fmt::format(R"(<text class="label" x="0" y="12">{}</text>)", escape_html(chart_.y.label));
    svg_ += fmt::format(R"(<text class="label" text-anchor="end" x="{:.1f}" y="{:.1f}">{}</text>)", right, height_ - 6,
                        escape_html(chart_.x.label));
  }

  void draw_series(const Series& series) {
    switch (series.mark) {
      case Mark::Line:
        return draw_line(series);
      case Mark::Points:
        return draw_points(series);
      case Mark::Step:
        return draw_step(series);
      case Mark::Bars:
        return draw_bars(series);
      case Mark::Whiskers:
        return draw_whiskers(series);
    }
  }

  void draw_line(const Series& series) {
    std::string path;
    const auto shown = [&](std::size_t i) {
      return i < series.x.size() && std::isfinite(series.x[i]) && std::isfinite(series.y[i]);
    };
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (!shown(i)) continue;
      const bool begins = i == 0 || !shown(i - 1);
      path += fmt::format("{}{:.1f} {:.1f}", begins ? 'M' : 'L', x(series.x[i]), y(series.y[i]));
      // A line of one point would be invisible.
      if (begins && !shown(i + 1)) dot(series, i, "");
    }
    svg_ += fmt::format(R"(<path class="line {}{}" d="{}"/>)", colour(series), dash(series), path);
  }

  void draw_points(const Series& series) {
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (std::isfinite(series.y[i])) dot(series, i, note(series, i));
    }
  }

  void dot(const Series& series, std::size_t i, const std::string& title) {
    svg_ += fmt::format(R"(<circle class="dot {}" cx="{:.1f}" cy="{:.1f}" r="4">{}</circle>)", colour(series),
                        x(series.x[i]), y(series.y[i]), title);
  }

  void draw_step(const Series& series) {
    std::string path = fmt::format("M{:.1f} {:.1f}", x(series.x[0]), bottom());
    for (std::size_t i = 0; i < series.y.size(); ++i) {
      path += fmt::format("V{:.1f}H{:.1f}", y(series.y[i]), x(series.x[i + 1]));
    }
    svg_ += fmt::format(R"(<path class="area {}" d="{}V{:.1f}"/>)", colour(series), path, bottom());
  }

  void draw_bars(const Series& series) {
    for (std::size_t i = 0; i < series.y.size(); ++i) {
      if (!std::isfinite(series.y[i])) continue;
      const double top = y(series.y[i]);
      // At least a hairline: a bar of height 0 is there and says so when the mouse rests on it.
      svg_ +=
          fmt::format(R"(<rect class="bar {}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}">{}</rect>)",
                      colour(series), x(series.x[i]) + 1, top, std::max(1.0, x(series.x[i + 1]) - x(series.x[i]) - 2),
                      std::max(1.0, bottom() - top), note(series, i));
    }
  }

  void draw_whiskers(const Series& series) {
    std::string path;
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      path += fmt::format("M{:.1f} {:.1f}V{:.1f}m-3 0h6", x(series.x[i]), y(series.y[i]), y(series.upper[i]));
      path += fmt::format("M{:.1f} {:.1f}h6", x(series.x[i]) - 3, y(series.y[i]));
    }
    svg_ += fmt::format(R"(<path class="whisker" d="{}"/>)", path);
  }

  static std::string note(const Series& series, std::size_t i) {
    return i < series.notes.size() ? fmt::format("<title>{}</title>", escape_html(series.notes[i])) : "";
  }
  static std::string colour(const Series& series) {
    return series.colour == kNeutralColour ? "cn" : fmt::format("c{}", series.colour % kChartColours);
  }
  static std::string_view dash(const Series& series) { return series.dashed ? " dashed" : ""; }

  const Chart& chart_;
  std::vector<Tick> x_ticks_;
  std::vector<Tick> y_ticks_;
  std::string legend_;
  std::string svg_;
  double left_ = 0;
  double top_ = kTop;
  double height_ = kHeight;
};

}  // namespace

std::string draw_chart(const Chart& chart) {
  return Drawing(chart).draw();
}

}  // namespace animalctl
