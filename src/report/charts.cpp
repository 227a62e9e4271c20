#include "report/charts.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "report/figure.h"
#include "report/html_text.h"

namespace animalctl {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

Axis share_axis(const char* label) {
  Axis axis{label, 0, 1};
  axis.is_percent = true;
  return axis;
}

Series diagonal(double low, double high) {
  Series series;
  series.x = {low, high};
  series.y = {low, high};
  series.colour = kNeutralColour;
  series.dashed = true;
  return series;
}

// The classes that are drawn, in both charts of curves: those that occur, of many the weakest.
std::vector<const ClassCurves*> drawn_classes(const ReportAnalysis& analysis) {
  std::vector<const ClassCurves*> drawn;
  for (const ClassCurves& curves : analysis.curves) {
    if (curves.average_precision) drawn.push_back(&curves);
  }
  if (drawn.size() <= kMostCurves) return drawn;
  std::stable_sort(drawn.begin(), drawn.end(), [](const ClassCurves* a, const ClassCurves* b) {
    return *a->average_precision < *b->average_precision;
  });
  drawn.resize(kMostCurves);
  return drawn;
}

// One class of one chart; the colour is the class's place among those drawn.
Series class_series(const ModelReport& report, const ClassCurves& curves, double area, std::size_t place) {
  Series series;
  series.name = fmt::format("{} {}", report.classes[curves.class_index], fixed(area));
  series.colour = static_cast<int>(place);
  return series;
}

}  // namespace

std::string figure(const Chart& chart) {
  return fmt::format("<figure><figcaption>{}</figcaption>{}</figure>", escape_html(chart.title), draw_chart(chart));
}

std::string roc_figure(const ModelReport& report, const ReportAnalysis& analysis) {
  Chart chart{"roc",
              analysis.curves.size() == 1 ? "ROC curve" : "ROC curve by class",
              "",
              share_axis("false positive rate"),
              share_axis("true positive rate"),
              {diagonal(0, 1)}};
  const auto drawn = drawn_classes(analysis);
  for (std::size_t place = 0; place < drawn.size(); ++place) {
    if (!drawn[place]->auc) continue;
    Series series = class_series(report, *drawn[place], *drawn[place]->auc, place);
    for (const RocPoint& point : drawn[place]->roc) {
      series.x.push_back(point.false_positive_rate);
      series.y.push_back(point.true_positive_rate);
    }
    chart.description += fmt::format("Area under the curve of {}. ", series.name);
    chart.series.push_back(std::move(series));
  }
  return chart.series.size() == 1 ? "" : figure(chart);
}

std::string precision_recall_figure(const ModelReport& report, const ReportAnalysis& analysis) {
  Chart chart{"pr",
              analysis.curves.size() == 1 ? "Precision and recall" : "Precision and recall by class",
              "",
              share_axis("recall"),
              share_axis("precision"),
              {}};
  const auto drawn = drawn_classes(analysis);
  for (std::size_t place = 0; place < drawn.size(); ++place) {
    Series series = class_series(report, *drawn[place], *drawn[place]->average_precision, place);
    for (const PrecisionRecallPoint& point : drawn[place]->precision_recall) {
      series.x.push_back(point.recall);
      series.y.push_back(point.precision);
    }
    chart.description += fmt::format("Average precision of {}. ", series.name);
    chart.series.push_back(std::move(series));
  }
  return chart.series.empty() ? "" : figure(chart);
}

std::string reliability_figure(const ReportAnalysis& analysis) {
  // The winner of K classes has at least 1 / K: bins below that stay empty.
  const auto classes = static_cast<double>(analysis.metrics.class_count);
  const auto first = std::find_if(analysis.reliability.begin(), analysis.reliability.end(),
                                  [&](const ReliabilityBin& bin) { return bin.high > 1 / classes; });
  const double low = analysis.metrics.class_count == 2 ? 0.5 : std::max(0.0, first->low);
  Axis x = share_axis("confidence");
  x.low = low;
  Series bars;
  bars.name = "accuracy";
  bars.mark = Mark::Bars;
  Series range;
  range.mark = Mark::Whiskers;
  Series means;
  means.name = "mean confidence";
  means.mark = Mark::Points;
  means.colour = 1;
  for (auto bin = first; bin != analysis.reliability.end(); ++bin) {
    bars.x.push_back(std::max(low, bin->low));
    bars.y.push_back(bin->count > 0 ? bin->accuracy : kNothing);
    bars.notes.push_back(fmt::format("{} to {}: {} images, {} right, mean confidence {}", percent(bin->low, 1),
                                     percent(bin->high, 1), grouped(bin->count), percent(bin->accuracy, 1),
                                     percent(bin->mean_confidence, 1)));
    if (bin->count == 0) continue;
    const double middle = (std::max(low, bin->low) + bin->high) / 2;
    const Interval interval = wilson_interval(bin->correct, bin->count);
    range.x.push_back(middle);
    range.y.push_back(interval.low);
    range.upper.push_back(interval.high);
    means.x.push_back(middle);
    means.y.push_back(bin->mean_confidence);
    means.notes.push_back(bars.notes.back());
  }
  bars.x.push_back(1);
  const Chart chart{"reliability",
                    "Reliability",
                    fmt::format("Accuracy of answers by their confidence, with 95% intervals. The expected "
                                "calibration error is {}.",
                                fixed(analysis.metrics.ece)),
                    x,
                    share_axis("right answers"),
                    {bars, diagonal(low, 1), range, means}};
  return figure(chart);
}

std::string histogram_figure(const ModelReport& report, const ReportAnalysis& analysis) {
  const bool two = report.classes.size() == 2;
  const ScoreHistogram& histogram = analysis.histogram;
  const std::size_t highest = *std::max_element(histogram.counts.begin(), histogram.counts.end());
  Axis y{"images, logarithmic", 0, static_cast<double>(highest) * 1.15, Scale::LogCount};
  if (highest < 10) y = {"images", 0, static_cast<double>(highest) + 1, Scale::Linear, false, true};
  const std::string x_label = two ? fmt::format("score, the probability of {}", report.classes[1]) : "confidence";
  Chart chart{"histogram", two ? "Scores by label" : "Confidence by outcome", "", share_axis(""), y, {}};
  chart.x.label = x_label;
  // Right answers are blue and wrong ones red, as labels are in every other chart.
  for (std::size_t step = 0; step < histogram.group_count; ++step) {
    const std::size_t group = two ? step : histogram.group_count - 1 - step;
    Series series;
    series.name = two ? report.classes[group] : (group == 1 ? "right" : "wrong");
    series.mark = Mark::Step;
    series.colour = static_cast<int>(step);
    std::size_t count = 0;
    for (std::size_t bin = 0; bin < histogram.bin_count; ++bin) {
      series.x.push_back(static_cast<double>(bin) / static_cast<double>(histogram.bin_count));
      series.y.push_back(static_cast<double>(histogram.at(group, bin)));
      count += histogram.at(group, bin);
    }
    series.x.push_back(1);
    chart.description += fmt::format("{}: {} images. ", series.name, grouped(count));
    if (count > 0) chart.series.push_back(std::move(series));
  }
  return figure(chart);
}

}  // namespace animalctl
