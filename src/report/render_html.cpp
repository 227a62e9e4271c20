#include <fmt/core.h>

#include <algorithm>

#include "animalctl/report/analysis.h"
#include "report/charts.h"
#include "report/html_text.h"
#include "report/page_style.h"
#include "report/tables.h"

namespace animalctl {
namespace {

std::string section(const char* title, const std::string& note, const std::string& body) {
  if (body.empty()) return "";
  return fmt::format("<section><h2>{}</h2>{}{}</section>", title,
                     note.empty() ? "" : "<p class=\"note\">" + note + "</p>", body);
}

std::string grid(const std::vector<std::string>& figures) {
  std::string body;
  for (const std::string& figure : figures) body += figure;
  return body.empty() ? "" : "<div class=\"grid\">" + body + "</div>";
}

std::string header(const ModelReport& report, const ReportAnalysis& analysis) {
  std::string classes;
  constexpr std::size_t kNamed = 12;
  for (std::size_t k = 0; k < std::min(report.classes.size(), kNamed); ++k) {
    classes += (k > 0 ? ", " : "") + escape_html(report.classes[k]);
  }
  if (report.classes.size() > kNamed) classes += fmt::format(" and {} more", report.classes.size() - kNamed);
  const std::string on = report.data_set.empty() ? "" : fmt::format(" on <bdi>{}</bdi>", escape_html(report.data_set));
  return fmt::format("<header><h1><bdi>{}</bdi></h1><p class=\"sub\">Model report{} · {}</p>{}</header>",
                     escape_html(report.model), on, classes, key_figures(report, analysis));
}

std::string confusion_section(const ModelReport& report, const ReportAnalysis& analysis) {
  return section(
      "Confusion matrix", "Images of each label by what the model said; shares are of the label's row.",
      "<div class=\"columns\">" + confusion_table(report, analysis) + class_table(report, analysis) + "</div>");
}

std::string score_section(const ModelReport& report, const ReportAnalysis& analysis) {
  std::string note = "The number beside a class is the area under its curve. ";
  if (analysis.curves.size() > kMostCurves) {
    note += fmt::format("Of {} classes the {} with the lowest average precision are drawn. ", analysis.curves.size(),
                        kMostCurves);
  }
  note += "Bars below the dashed line are answers that were too confident.";
  if (roc_figure(report, analysis).empty()) {
    note = "The images are of one class only, so there is no ROC curve. " + note;
  }
  return section("Scores", note,
                 grid({roc_figure(report, analysis), precision_recall_figure(report, analysis),
                       reliability_figure(analysis), histogram_figure(report, analysis)}));
}

std::string slice_section(const ReportAnalysis& analysis) {
  const auto worse =
      std::count_if(analysis.slices.begin(), analysis.slices.end(), [](const Slice& slice) { return slice.is_worse; });
  const std::string found = worse == 0 ? "No slice is significantly worse than the other images"
                                       : fmt::format("{} significantly worse than the other images",
                                                     worse == 1 ? "One slice is" : fmt::format("{} slices are", worse));
  return section("Slices", found + " (one-sided exact test at 5%, divided by the number of slices).",
                 slice_table(analysis));
}

std::string mistake_section(const ModelReport& report, const ReportAnalysis& analysis) {
  std::string note;
  if (!analysis.mistakes.empty()) {
    const std::size_t shown = std::min(analysis.mistakes.size(), kShownMistakes);
    note = fmt::format(
        "{} of {} mistakes, by the probability the model gave its wrong answer. A wrong label looks "
        "the same as a wrong model: check both.",
        shown, grouped(analysis.mistakes.size()));
  }
  return section("Most confident mistakes", note, mistake_gallery(report, analysis));
}

std::string origin_section(const ModelReport& report) {
  NamedValues data;
  if (!report.data_set.empty()) data.emplace_back("data set", report.data_set);
  data.emplace_back("images", std::to_string(report.images.size()));
  data.emplace_back("skipped", std::to_string(report.skipped));
  if (!report.data_digest.empty()) data.emplace_back("digest of these images", report.data_digest);
  if (!report.training_digest.empty()) data.emplace_back("digest of the training data", report.training_digest);
  return section("Origin", "",
                 "<div class=\"columns\">" + value_table("Settings of the training run", report.settings) + "<div>" +
                     value_table("Data", data) + value_table("Versions", report.versions) + "</div></div>");
}

}  // namespace

std::string render_html(const ModelReport& report) {
  const ReportAnalysis analysis = analyse(report);
  std::string html =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src "
      "'unsafe-inline'\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<meta name=\"color-scheme\" content=\"light dark\"><title>" +
      escape_html(report.model) + " – model report</title><style>";
  html += page_style();
  html += "</style></head>\n<body><main>\n";
  html += header(report, analysis) + "\n";
  html += section("Training", "", grid(training_figures(report.epochs))) + "\n";
  html += confusion_section(report, analysis) + "\n";
  html += score_section(report, analysis) + "\n";
  html += slice_section(analysis) + "\n";
  html += mistake_section(report, analysis) + "\n";
  html += origin_section(report) + "\n";
  return html + "</main></body></html>\n";
}

}  // namespace animalctl
