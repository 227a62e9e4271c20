#include <cmath>

#include "report/sample_report.h"
#include "support/catch_compat.h"

namespace animalctl {
namespace {

using test::contains;
using test::sample_epoch;
using test::sample_report;

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST_CASE("a report is one page with every part and nothing that needs a network or a script") {
  ModelReport report = sample_report(60);
  report.epochs = {sample_epoch(0), sample_epoch(1)};
  report.settings = {{"lr", "0.0003"}};
  report.versions = {{"animalctl", "0.1.0"}};
  report.data_digest = "abc123";
  const std::string html = render_html(report);
  for (const char* part :
       {"Training", "Confusion matrix", "ROC curve", "Precision and recall", "Reliability", "Scores by label", "Slices",
        "Most confident mistakes", "Settings of the training run", "0.0003", "abc123", "data/test.csv", "80.00%"}) {
    INFO(part);
    CHECK(contains(html, part));
  }
  CHECK(occurrences(html, "<svg") == 8);
  CHECK(occurrences(html, "<svg") == occurrences(html, "</svg>"));
  CHECK(occurrences(html, "<section>") == occurrences(html, "</section>"));
  for (const char* part : {"http:", "https:", "<script", "<link", "url(", " src=\"/", "nan", "inf"}) {
    INFO(part);
    CHECK_FALSE(contains(html, part));
  }
  CHECK(render_html(report) == html);
}

TEST_CASE("hostile names stay text") {
  const std::string evil = "\"><img src=x onerror=alert(1)>'&\xff";
  ModelReport report = sample_report(10);
  report.model = evil;
  report.classes = {evil, evil + "2"};
  report.data_set = evil;
  report.data_digest = evil;
  report.settings = {{evil, evil}};
  report.versions = {{evil, evil}};
  for (ReportImage& image : report.images) {
    image.frame = "frames/" + evil;
    image.thumbnail = Bytes(3);
  }
  for (std::size_t i = 0; i < 10; ++i) report.images[i].source = evil + std::to_string(i % 2);
  const std::string html = render_html(report);
  CHECK_FALSE(contains(html, "<img src=x"));
  CHECK_FALSE(contains(html, "'&\xff"));
  CHECK(contains(html, "&quot;&gt;&lt;img src=x onerror=alert(1)&gt;&#39;&amp;\xEF\xBF\xBD"));
}

TEST_CASE("mistakes are shown as pictures with name, label and score, at most twenty-four") {
  ModelReport report = sample_report(200);
  for (ReportImage& image : report.images) image.thumbnail = Bytes(3);
  report.images[199].thumbnail.clear();
  const std::string html = render_html(report);
  CHECK(occurrences(html, "<img ") == 23);
  CHECK(contains(html, "no picture"));
  CHECK(contains(html, "24 of 40 mistakes"));
  CHECK(contains(html, "alt=\"194.png, labelled CAT\""));
}

TEST_CASE("parts without anything to show are left out or say so") {
  ModelReport report = sample_report(1);
  const std::string one = render_html(report);
  CHECK_FALSE(contains(one, "<h2>Training"));
  CHECK_FALSE(contains(one, "<h2>Slices"));
  CHECK(contains(one, "of one class only, so there is no ROC curve"));
  CHECK(contains(one, "No image was classified wrongly."));
  CHECK_FALSE(contains(one, "nan"));
  report.epochs = {sample_epoch(0)};
  report.epochs[0].val_loss = std::nan("");
  CHECK(contains(render_html(report), "<h2>Training"));
}

TEST_CASE("a report of many classes lists confusions and draws the weakest curves") {
  ModelReport report = sample_report(75);
  report.classes.clear();
  report.probabilities.clear();
  for (int k = 0; k < 25; ++k) report.classes.push_back("CLASS" + std::to_string(k));
  for (int i = 0; i < 75; ++i) {
    report.images[static_cast<std::size_t>(i)].label = i % 25;
    const int answer = i % 7 == 0 ? (i + 1) % 25 : i % 25;
    for (int k = 0; k < 25; ++k) report.probabilities.push_back(k == answer ? 0.76F : 0.01F);
  }
  const std::string html = render_html(report);
  CHECK(contains(html, "Of 25 classes the 8 with the lowest average precision are drawn"));
  CHECK(contains(html, "Confidence by outcome"));
  CHECK_FALSE(contains(html, "label \\ predicted"));
}

}  // namespace
}  // namespace animalctl
