#include "report/tables.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "report/html_text.h"

namespace animalctl {
namespace {

// A matrix of more classes fits no screen.
constexpr std::size_t kMostMatrixClasses = 20;
constexpr std::size_t kMostConfusions = 30;

std::string tile(const char* name, const std::string& value, const std::string& below, const char* style = "") {
  return fmt::format("<div{}><dt>{}</dt><dd>{}</dd>{}</div>", style, name, value,
                     below.empty() ? "" : fmt::format("<dd>{}</dd>", below));
}

std::string cell(const std::string& text) {
  return "<td class=\"number\">" + text + "</td>";
}

std::string file_name(const std::string& path) {
  return path.substr(path.find_last_of('/') + 1);
}

std::string confusion_list(const ModelReport& report, const ReportAnalysis& analysis) {
  struct Confusion {
    std::size_t label, predicted, count;
  };
  std::vector<Confusion> confusions;
  for (std::size_t label = 0; label < report.classes.size(); ++label) {
    for (std::size_t predicted = 0; predicted < report.classes.size(); ++predicted) {
      const std::size_t count = analysis.metrics.confused(label, predicted);
      if (label != predicted && count > 0) confusions.push_back({label, predicted, count});
    }
  }
  std::stable_sort(confusions.begin(), confusions.end(),
                   [](const Confusion& a, const Confusion& b) { return a.count > b.count; });
  confusions.resize(std::min(confusions.size(), kMostConfusions));
  std::string html =
      "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr><th scope=\"col\">label</th><th "
      "scope=\"col\">predicted</th>"
      "<th scope=\"col\" class=\"number\">images</th><th scope=\"col\" class=\"number\">of the label</th></tr></thead>"
      "<tbody>";
  for (const Confusion& one : confusions) {
    const std::size_t row = analysis.metrics.per_class[one.label].count;
    html += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td>{}{}</tr>", escape_html(report.classes[one.label]),
                        escape_html(report.classes[one.predicted]), cell(grouped(one.count)),
                        cell(percent(static_cast<double>(one.count) / static_cast<double>(row), 1)));
  }
  return html + "</tbody></table></div>";
}

std::string interval_bar(const Slice& slice, double low) {
  const auto place = [&](double share) { return std::clamp((share - low) / (1 - low), 0.0, 1.0) * 100; };
  return fmt::format(
      "<td><div class=\"range\"><i style=\"left:{:.1f}%;right:{:.1f}%\"></i><b style=\"left:{:.1f}%\"></b></div></td>",
      place(slice.interval.low), 100 - place(slice.interval.high), place(slice.accuracy));
}

}  // namespace

std::string key_figures(const ModelReport& report, const ReportAnalysis& analysis) {
  const ClassificationMetrics& metrics = analysis.metrics;
  const bool two = metrics.class_count == 2;
  const std::string range = fmt::format("95% interval {} to {}", percent(analysis.accuracy_interval.low),
                                        percent(analysis.accuracy_interval.high));
  std::string html = "<dl class=\"tiles\">";
  html += tile("Accuracy", percent(metrics.accuracy), range, " class=\"first\"");
  html += tile("Loss", fixed(metrics.loss), "cross-entropy");
  html += tile("AUC", metrics.auc ? fixed(*metrics.auc) : "–",
               metrics.auc ? (two ? "area under ROC" : "mean of classes") : "one class only");
  html += tile("F1", fixed(metrics.f1), two ? "of " + escape_html(report.classes[1]) : "mean of classes");
  html += tile("ECE", fixed(metrics.ece), "calibration error");
  html += tile("Brier", fixed(metrics.brier), two ? "0 is perfect" : "0 to 2, 0 is perfect");
  html +=
      tile("Images", grouped(metrics.count), report.skipped > 0 ? grouped(report.skipped) + " skipped" : "all used");
  return html + "</dl>";
}

std::string confusion_table(const ModelReport& report, const ReportAnalysis& analysis) {
  const std::size_t classes = report.classes.size();
  if (classes > kMostMatrixClasses) return confusion_list(report, analysis);
  std::string html =
      "<div class=\"scroll\" tabindex=\"0\"><table class=\"confusion\"><thead><tr><th scope=\"col\">label \\ "
      "predicted</th>";
  for (const std::string& name : report.classes) html += "<th scope=\"col\">" + escape_html(name) + "</th>";
  html += "</tr></thead><tbody>";
  for (std::size_t label = 0; label < classes; ++label) {
    html += "<tr><th scope=\"row\">" + escape_html(report.classes[label]) + "</th>";
    const auto row = static_cast<double>(analysis.metrics.per_class[label].count);
    for (std::size_t predicted = 0; predicted < classes; ++predicted) {
      const std::size_t count = analysis.metrics.confused(label, predicted);
      const double share = row > 0 ? static_cast<double>(count) / row : 0;
      html +=
          fmt::format("<td style=\"--s:{:.3f}\"{}><b>{}</b><small>{}</small></td>", share,
                      label == predicted ? " class=\"right\"" : "", grouped(count), row > 0 ? percent(share, 1) : "–");
    }
    html += "</tr>";
  }
  return html + "</tbody></table></div>";
}

std::string class_table(const ModelReport& report, const ReportAnalysis& analysis) {
  std::string html =
      "<div class=\"scroll\" tabindex=\"0\"><table class=\"wide\"><thead><tr><th scope=\"col\">class</th>";
  for (const char* name : {"images", "predicted", "precision", "recall", "F1", "AUC"}) {
    html += fmt::format("<th scope=\"col\" class=\"number\">{}</th>", name);
  }
  html += "</tr></thead><tbody>";
  for (std::size_t k = 0; k < report.classes.size(); ++k) {
    const ClassMetrics& one = analysis.metrics.per_class[k];
    html += fmt::format(
        "<tr><th scope=\"row\">{}</th>{}{}{}{}{}{}</tr>", escape_html(report.classes[k]), cell(grouped(one.count)),
        cell(grouped(one.predicted)), cell(one.predicted > 0 ? percent(one.precision) : "–"),
        cell(one.count > 0 ? percent(one.recall) : "–"), cell(fixed(one.f1)), cell(one.auc ? fixed(*one.auc) : "–"));
  }
  return html + "</tbody></table></div>";
}

std::string slice_table(const ReportAnalysis& analysis) {
  if (analysis.slices.empty()) return "";
  double low = 1;
  for (const Slice& slice : analysis.slices) low = std::min(low, slice.interval.low);
  // The bars begin at a round number below the lowest interval, so that differences can be seen.
  low = std::min(0.95, std::floor(low * 20) / 20);
  std::string html = fmt::format(
      "<div class=\"scroll\" tabindex=\"0\"><table class=\"wide slices\"><thead><tr><th scope=\"col\">slice</th><th "
      "scope=\"col\"></th>"
      "<th scope=\"col\" class=\"number\">images</th><th scope=\"col\" class=\"number\">accuracy</th>"
      "<th scope=\"col\" class=\"number\">95% interval</th><th scope=\"col\">{} to 100%</th>"
      "<th scope=\"col\"></th></tr></thead><tbody>",
      percent(low, 0));
  const std::string* group = nullptr;
  for (const Slice& slice : analysis.slices) {
    const bool begins = group == nullptr || *group != slice.group;
    group = &slice.group;
    html += fmt::format("<tr><td>{}</td><th scope=\"row\"><bdi>{}</bdi></th>{}{}{}{}<td>{}</td></tr>",
                        begins ? slice.group : "", escape_html(slice.name), cell(grouped(slice.count)),
                        cell(percent(slice.accuracy)),
                        cell(fmt::format("{} – {}", percent(slice.interval.low, 1), percent(slice.interval.high, 1))),
                        interval_bar(slice, low), slice.is_worse ? "<span class=\"bad\">▼ worse</span>" : "");
  }
  return html + "</tbody></table></div>";
}

std::string mistake_gallery(const ModelReport& report, const ReportAnalysis& analysis) {
  if (analysis.mistakes.empty()) return "<p>No image was classified wrongly.</p>";
  std::string html = "<ul class=\"mistakes\">";
  for (std::size_t rank = 0; rank < std::min(analysis.mistakes.size(), kShownMistakes); ++rank) {
    const std::size_t index = analysis.mistakes[rank];
    const ReportImage& image = report.images[index];
    const std::string name = escape_html(file_name(image.frame));
    const std::string label = escape_html(report.classes[static_cast<std::size_t>(image.label)]);
    const std::string predicted = escape_html(report.classes[analysis.predictions[index]]);
    const std::string picture = image.thumbnail.empty() ? "<span class=\"none\">no picture</span>"
                                                        : fmt::format("<img alt=\"{}, labelled {}\" src=\"{}\">", name,
                                                                      label, jpeg_data_uri(image.thumbnail));
    html += fmt::format("<li>{}<span class=\"bad\">{} {}</span><br>labelled {}<bdi title=\"{}\">{}</bdi></li>", picture,
                        predicted, percent(analysis.confidences[index]), label, escape_html(image.frame), name);
  }
  return html + "</ul>";
}

std::string value_table(const char* caption, const NamedValues& values) {
  if (values.empty()) return "";
  std::string html = fmt::format("<div><h3>{}</h3><table class=\"values\"><tbody>", caption);
  for (const auto& [name, value] : values) {
    html += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>", escape_html(name),
                        value.empty() ? "–" : "<bdi>" + escape_html(value) + "</bdi>");
  }
  return html + "</tbody></table></div>";
}

}  // namespace animalctl
