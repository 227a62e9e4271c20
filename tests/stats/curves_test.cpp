#include "animalctl/stats/curves.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include <nlohmann/json.hpp>

#include "animalctl/base/file.h"
#include "animalctl/stats/ranking.h"
#include "stats/thin_curve.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl {
namespace {

using nlohmann::json;
using test::require_error;

constexpr double kTolerance = 1e-12;

struct Case {
  std::vector<float> scores;
  std::vector<std::uint8_t> labels;
};

Case read_case(const json& item) {
  return {item.at("scores").get<std::vector<float>>(), item.at("labels").get<std::vector<std::uint8_t>>()};
}

json golden() {
  return json::parse(read_text_file(test::golden_path("stats/curves.json")));
}

// Distance of a point from the line through those kept before and after it.
double distance_to(const std::vector<CurvePoint>& kept, const CurvePoint& point) {
  double nearest = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i + 1 < kept.size(); ++i) {
    const double dx = kept[i + 1].x - kept[i].x;
    const double dy = kept[i + 1].y - kept[i].y;
    const double length = dx * dx + dy * dy;
    const double along = length > 0 ? ((point.x - kept[i].x) * dx + (point.y - kept[i].y) * dy) / length : 0;
    const double t = std::clamp(along, 0.0, 1.0);
    nearest = std::min(nearest, std::hypot(point.x - kept[i].x - t * dx, point.y - kept[i].y - t * dy));
  }
  return nearest;
}

// Every golden point lies on the lines between the kept ones.
void check_same_shape(const json& expected, const std::vector<CurvePoint>& kept, double tolerance) {
  REQUIRE(kept.empty() == expected.empty());
  for (const json& point : expected) {
    CHECK(distance_to(kept, {point[0].get<double>(), point[1].get<double>()}) <= tolerance);
  }
}

std::vector<CurvePoint> positions(const std::vector<RocPoint>& points) {
  std::vector<CurvePoint> result;
  for (const RocPoint& point : points) result.push_back({point.false_positive_rate, point.true_positive_rate});
  return result;
}

std::vector<CurvePoint> positions(const std::vector<PrecisionRecallPoint>& points) {
  std::vector<CurvePoint> result;
  for (const PrecisionRecallPoint& point : points) result.push_back({point.recall, point.precision});
  return result;
}

double trapezoids(const std::vector<RocPoint>& points) {
  double area = 0;
  for (std::size_t i = 1; i < points.size(); ++i) {
    area += (points[i].false_positive_rate - points[i - 1].false_positive_rate) *
            (points[i].true_positive_rate + points[i - 1].true_positive_rate) / 2;
  }
  return area;
}

TEST_CASE("ROC and precision-recall curves run through the points counted in Python") {
  const json content = golden();
  for (const json& item : content.at("curves")) {
    INFO(item.at("name").get<std::string>());
    const Case data = read_case(item);
    check_same_shape(item.at("roc"), positions(roc_curve(data.scores, data.labels, 1000)), kTolerance);
    check_same_shape(item.at("precision_recall"), positions(precision_recall_curve(data.scores, data.labels, 1000)),
                     kTolerance);
    const auto average = average_precision(data.scores, data.labels);
    REQUIRE(average.has_value() == !item.at("average_precision").is_null());
    if (average) {
      CHECK_THAT(*average, Catch::Matchers::WithinAbs(item.at("average_precision").get<double>(), kTolerance));
    }
  }
}

TEST_CASE("the area under the ROC points is the area under ROC") {
  const json content = golden();
  const Case data = read_case(content.at("curves")[0]);
  CHECK_THAT(trapezoids(roc_curve(data.scores, data.labels, 1000)),
             Catch::Matchers::WithinAbs(*area_under_roc(data.scores, data.labels), kTolerance));
}

TEST_CASE("curves start where nothing is called positive and thresholds fall") {
  const std::vector<float> scores{0.1F, 0.4F, 0.4F, 0.8F};
  const std::vector<std::uint8_t> labels{0, 0, 1, 1};
  const std::vector<RocPoint> roc = roc_curve(scores, labels);
  CHECK(roc.front().threshold == std::numeric_limits<double>::infinity());
  CHECK(roc.back().false_positive_rate == 1);
  CHECK(roc.back().true_positive_rate == 1);
  const std::vector<PrecisionRecallPoint> curve = precision_recall_curve(scores, labels);
  CHECK(curve.front().precision == 1);
  CHECK(curve.back().recall == 1);
  for (std::size_t i = 1; i < roc.size(); ++i) CHECK(roc[i].threshold < roc[i - 1].threshold);
}

TEST_CASE("a curve of twenty thousand scores keeps its shape with two hundred points") {
  std::mt19937 random(3);
  std::vector<float> scores;
  std::vector<std::uint8_t> labels;
  for (int i = 0; i < 20000; ++i) {
    const bool positive = random() % 2 == 1;
    const double uniform = static_cast<double>(random()) / 4294967296.0;
    labels.push_back(positive);
    scores.push_back(static_cast<float>(positive ? std::sqrt(uniform) : uniform * uniform));
  }
  const auto thin = roc_curve(scores, labels);
  CHECK(thin.size() <= kDefaultCurvePoints);
  CHECK_THAT(trapezoids(thin), Catch::Matchers::WithinAbs(*area_under_roc(scores, labels), 1e-3));
  // A chart of 400 pixels shows nothing below 1/400.
  const std::vector<CurvePoint> kept = positions(thin);
  for (const CurvePoint& point : positions(roc_curve(scores, labels, 100'000))) {
    REQUIRE(distance_to(kept, point) < 1.0 / 400);
  }
  CHECK(precision_recall_curve(scores, labels).size() <= kDefaultCurvePoints);
}

TEST_CASE("curves refuse labels that do not fit, scores that are no numbers and too few points") {
  const std::vector<float> scores{0.5F, std::numeric_limits<float>::quiet_NaN()};
  const std::vector<std::uint8_t> labels{0, 1};
  const std::vector<float> one{0.5F};
  require_error(ErrorCode::InvalidArgument, "score 1 is not a number", [&] { (void)roc_curve(scores, labels); });
  require_error(ErrorCode::InvalidArgument, "score 1", [&] { (void)precision_recall_curve(scores, labels); });
  require_error(ErrorCode::InvalidArgument, "score 1", [&] { (void)average_precision(scores, labels); });
  require_error(ErrorCode::InvalidArgument, "1 scores with 2 labels", [&] { (void)roc_curve(one, labels); });
  require_error(ErrorCode::InvalidArgument, "at most 1 points", [&] { (void)roc_curve(one, labels, 1); });
  require_error(ErrorCode::InvalidArgument, "at most 0 points", [&] { (void)precision_recall_curve(one, labels, 0); });
}

TEST_CASE("a curve without positives or negatives is empty") {
  const std::vector<float> scores{0.2F, 0.7F};
  CHECK(roc_curve(scores, std::vector<std::uint8_t>{1, 1}).empty());
  CHECK(roc_curve(scores, std::vector<std::uint8_t>{0, 0}).empty());
  CHECK(precision_recall_curve(scores, std::vector<std::uint8_t>{0, 0}).empty());
  CHECK_FALSE(average_precision(scores, std::vector<std::uint8_t>{0, 0}).has_value());
}

TEST_CASE("thinning keeps the ends and the corners and leaves out what lies on a line") {
  const std::vector<CurvePoint> corner{{0, 0}, {0, 0.5}, {0, 1}, {0.5, 1}, {1, 1}};
  CHECK(thin_curve(corner, 10) == std::vector<std::size_t>{0, 2, 4});
  CHECK(thin_curve(corner, 2) == std::vector<std::size_t>{0, 4});
  const std::vector<CurvePoint> loop{{0, 0}, {1, 1}, {0, 0}};
  CHECK(thin_curve(loop, 10) == std::vector<std::size_t>{0, 1, 2});
  CHECK(thin_curve(std::vector<CurvePoint>{{0, 0}}, 10) == std::vector<std::size_t>{0});
}

}  // namespace
}  // namespace animalctl
