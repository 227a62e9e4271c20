#include "animalctl/report/analysis.h"

#include <limits>

#include "report/sample_report.h"
#include "support/catch_compat.h"

namespace animalctl {
namespace {

using test::require_error;
using test::sample_report;

std::size_t slices_of(const ReportAnalysis& analysis, const std::string& group) {
  std::size_t count = 0;
  for (const Slice& slice : analysis.slices) count += slice.group == group ? 1 : 0;
  return count;
}

TEST_CASE("the numbers of a report agree with each other") {
  const ModelReport report = sample_report(50);
  const ReportAnalysis analysis = analyse(report);
  CHECK(analysis.metrics.accuracy == 0.8);
  CHECK(analysis.accuracy_interval.low < 0.8);
  CHECK(analysis.accuracy_interval.high > 0.8);
  CHECK(analysis.mistakes.size() == 10);
  for (std::size_t rank = 1; rank < analysis.mistakes.size(); ++rank) {
    CHECK(analysis.confidences[analysis.mistakes[rank]] <= analysis.confidences[analysis.mistakes[rank - 1]]);
  }
  REQUIRE(analysis.curves.size() == 1);
  CHECK(analysis.curves[0].class_index == 1);
  CHECK(analysis.curves[0].auc == analysis.metrics.auc);
  CHECK(slices_of(analysis, "Size") == 3);
  CHECK(slices_of(analysis, "Brightness") == 3);
  CHECK(slices_of(analysis, "Source") == 0);
}

TEST_CASE("two columns of two classes give the numbers of one column") {
  ModelReport report = sample_report(20);
  const ReportAnalysis one = analyse(report);
  const std::vector<float> scores = report.probabilities;
  report.probabilities.clear();
  for (const float score : scores) report.probabilities.insert(report.probabilities.end(), {1 - score, score});
  const ReportAnalysis two = analyse(report);
  CHECK(two.metrics.accuracy == one.metrics.accuracy);
  CHECK(two.mistakes == one.mistakes);
  CHECK(two.histogram.counts == one.histogram.counts);
}

TEST_CASE("more classes get a curve each and a histogram of wrong and right answers") {
  ModelReport report = sample_report(3);
  report.classes = {"CAT", "DOG", "FOX"};
  report.images[2].label = 2;
  report.probabilities = {0.8F, 0.1F, 0.1F, 0.2F, 0.7F, 0.1F, 0.9F, 0.05F, 0.05F};
  const ReportAnalysis analysis = analyse(report);
  CHECK(analysis.curves.size() == 3);
  CHECK(analysis.predictions == std::vector<std::size_t>{0, 1, 0});
  CHECK(analysis.mistakes == std::vector<std::size_t>{2});
  CHECK(analysis.histogram.at(0, 17) == 1);  // wrong; 0.9 as float is below 0.9
  CHECK(analysis.histogram.at(1, 16) + analysis.histogram.at(1, 15) == 1);
}

TEST_CASE("a slice that is worse than the rest is marked and the others are not") {
  ModelReport report = sample_report(90);
  for (std::size_t i = 0; i < 90; ++i) {
    report.images[i].source = i % 3 == 0 ? "night" : "day";
    report.images[i].brightness = std::nullopt;
    report.images[i].width = 0;
    const bool right = i % 3 != 0 || i % 2 == 0;
    report.probabilities[i] = (report.images[i].label == 1) == right ? 0.9F : 0.1F;
  }
  const ReportAnalysis analysis = analyse(report);
  REQUIRE(analysis.slices.size() == 2);
  CHECK(analysis.slices[0].name == "day");
  CHECK_FALSE(analysis.slices[0].is_worse);
  CHECK(analysis.slices[1].name == "night");
  CHECK(analysis.slices[1].is_worse);
  CHECK(analysis.slices[1].accuracy == 0.5);
}

TEST_CASE("images of one size and brightness make no slices and equal values stay together") {
  ModelReport report = sample_report(12);
  for (ReportImage& image : report.images) {
    image.width = 64;
    image.brightness = 0.5;
  }
  CHECK(analyse(report).slices.empty());
  for (std::size_t i = 0; i < 6; ++i) report.images[i].width = 32;
  const ReportAnalysis analysis = analyse(report);
  REQUIRE(slices_of(analysis, "Size") == 2);
  CHECK(analysis.slices[0].count == 6);
  CHECK(analysis.slices[1].count == 6);
}

TEST_CASE("sources beyond twelve are counted together") {
  ModelReport report = sample_report(40);
  for (std::size_t i = 0; i < 40; ++i) report.images[i].source = "folder " + std::to_string(i % 20);
  const ReportAnalysis analysis = analyse(report);
  CHECK(slices_of(analysis, "Source") == 13);
  CHECK(analysis.slices.back().name == "8 others");
  CHECK(analysis.slices.back().count == 16);
}

TEST_CASE("a report without images, with one class or with probabilities that do not fit is refused") {
  ModelReport report = sample_report(4);
  report.images.clear();
  report.probabilities.clear();
  require_error(ErrorCode::InvalidArgument, "without images", [&] { (void)analyse(report); });
  report = sample_report(4);
  report.classes = {"CAT"};
  require_error(ErrorCode::InvalidArgument, "of 1 classes", [&] { (void)analyse(report); });
  report = sample_report(4);
  report.probabilities.pop_back();
  require_error(ErrorCode::InvalidArgument, "3 probabilities for 4 images", [&] { (void)analyse(report); });
  report = sample_report(4);
  report.classes.push_back("FOX");
  require_error(ErrorCode::InvalidArgument, "3 an image are needed", [&] { (void)analyse(report); });
  report = sample_report(4);
  report.probabilities[1] = std::numeric_limits<float>::quiet_NaN();
  require_error(ErrorCode::InvalidArgument, "score 1", [&] { (void)analyse(report); });
  report = sample_report(4);
  report.images[2].label = 2;
  require_error(ErrorCode::InvalidArgument, "label 2 is 2", [&] { (void)analyse(report); });
}

}  // namespace
}  // namespace animalctl
