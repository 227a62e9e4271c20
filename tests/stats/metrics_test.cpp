#include "animalctl/stats/metrics.h"

#include <limits>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "animalctl/base/file.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl {
namespace {

using nlohmann::json;
using test::require_error;

constexpr double kMetricsTolerance = 1e-12;

json metrics_golden() {
  return json::parse(read_text_file(test::golden_path("stats/metrics.json")));
}

void check_number(const json& expected, const std::string& name, double actual) {
  INFO(name);
  CHECK_THAT(actual, Catch::Matchers::WithinAbs(expected.at(name).get<double>(), kMetricsTolerance));
}

void check_auc(const json& expected, const std::optional<double>& actual) {
  REQUIRE(actual.has_value() == !expected.at("auc").is_null());
  if (actual) check_number(expected, "auc", *actual);
}

void check_metrics(const json& expected, const ClassificationMetrics& actual) {
  CHECK(actual.count == expected.at("count").get<std::size_t>());
  check_number(expected, "accuracy", actual.accuracy);
  check_number(expected, "loss", actual.loss);
  check_number(expected, "precision", actual.precision);
  check_number(expected, "recall", actual.recall);
  check_number(expected, "f1", actual.f1);
  check_number(expected, "brier", actual.brier);
  check_number(expected, "ece", actual.ece);
  check_auc(expected, actual.auc);
  const json& rows = expected.at("per_class");
  REQUIRE(actual.class_count == rows.size());
  REQUIRE(actual.per_class.size() == rows.size());
  for (std::size_t k = 0; k < rows.size(); ++k) {
    INFO("class " << k);
    CHECK(actual.per_class[k].count == rows[k].at("count").get<std::size_t>());
    CHECK(actual.per_class[k].predicted == rows[k].at("predicted").get<std::size_t>());
    check_number(rows[k], "precision", actual.per_class[k].precision);
    check_number(rows[k], "recall", actual.per_class[k].recall);
    check_number(rows[k], "f1", actual.per_class[k].f1);
    check_auc(rows[k], actual.per_class[k].auc);
    for (std::size_t j = 0; j < rows.size(); ++j) {
      CHECK(actual.confused(k, j) == expected.at("confusion")[k][j].get<std::size_t>());
    }
  }
}

TEST_CASE("two-class metrics equal the numbers computed in Python") {
  const json content = metrics_golden();
  for (const json& item : content.at("binary")) {
    INFO(item.at("name").get<std::string>());
    check_metrics(item.at("expected"),
                  binary_metrics(item.at("scores").get<std::vector<float>>(), item.at("labels").get<std::vector<int>>(),
                                 item.at("threshold").get<double>()));
  }
}

TEST_CASE("metrics of more classes equal the numbers computed in Python") {
  const json content = metrics_golden();
  for (const json& item : content.at("multiclass")) {
    INFO(item.at("name").get<std::string>());
    check_metrics(item.at("expected"), classification_metrics(item.at("probabilities").get<std::vector<float>>(),
                                                              item.at("class_count").get<std::size_t>(),
                                                              item.at("labels").get<std::vector<int>>()));
  }
}

TEST_CASE("a matrix of two columns gives what its second column gives alone") {
  const std::vector<float> scores{0.25F, 0.5F, 0.75F, 1.0F};
  const std::vector<float> matrix{0.75F, 0.25F, 0.5F, 0.5F, 0.25F, 0.75F, 0.0F, 1.0F};
  const std::vector<int> labels{0, 1, 0, 1};
  const ClassificationMetrics one = binary_metrics(scores, labels);
  const ClassificationMetrics two = classification_metrics(matrix, 2, labels);
  CHECK(one.loss == two.loss);
  CHECK(one.auc == two.auc);
  CHECK(one.f1 == two.f1);
  CHECK(one.brier == two.brier);
  CHECK(one.ece == two.ece);
  CHECK(one.confusion == two.confusion);
}

TEST_CASE("a score equal to the threshold is class 1") {
  const std::vector<float> scores{0.5F};
  CHECK(binary_metrics(scores, std::vector<int>{1}, 0.5).confused(1, 1) == 1);
  CHECK(binary_metrics(scores, std::vector<int>{1}, 0.51).confused(1, 0) == 1);
}

TEST_CASE("a certain wrong answer costs 100 as in PyTorch and not infinity") {
  CHECK(binary_metrics(std::vector<float>{0.0F, 1.0F}, std::vector<int>{1, 0}).loss == 100.0);
  CHECK(classification_metrics(std::vector<float>{1.0F, 0.0F, 0.0F}, 3, std::vector<int>{2}).loss == 100.0);
}

TEST_CASE("at equal probabilities the lowest class index wins") {
  CHECK(classification_metrics(std::vector<float>{0.2F, 0.4F, 0.4F}, 3, std::vector<int>{2}).confused(2, 1) == 1);
}

TEST_CASE("metrics refuse scores that are no probabilities") {
  const std::vector<int> labels{0, 1};
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), -0.1F, 1.5F}) {
    require_error(ErrorCode::InvalidArgument, "score 1", [&] {
      (void)binary_metrics(std::vector<float>{0.5F, bad}, labels);
    });
    require_error(ErrorCode::InvalidArgument, "score 4", [&] {
      (void)classification_metrics(std::vector<float>{0.5F, 0.5F, 0.0F, 0.0F, bad, 0.0F}, 3, labels);
    });
  }
  require_error(ErrorCode::InvalidArgument, "item 1 add to 0.9", [&] {
    (void)classification_metrics(std::vector<float>{0.5F, 0.5F, 0.0F, 0.5F, 0.25F, 0.15F}, 3, labels);
  });
}

TEST_CASE("metrics refuse labels, sizes and thresholds out of range") {
  const std::vector<float> scores{0.5F, 0.5F};
  require_error(ErrorCode::InvalidArgument, "label 1 is 2; accepted are 0 to 1", [&] {
    (void)binary_metrics(scores, std::vector<int>{0, 2});
  });
  require_error(ErrorCode::InvalidArgument, "label 0 is -1", [&] {
    (void)binary_metrics(scores, std::vector<int>{-1, 0});
  });
  require_error(ErrorCode::InvalidArgument, "accepted are 0 to 2", [&] {
    (void)classification_metrics(std::vector<float>{1.0F, 0.0F, 0.0F}, 3, std::vector<int>{3});
  });
  require_error(ErrorCode::InvalidArgument, "2 scores for 1 labels",
                [&] { (void)binary_metrics(scores, std::vector<int>{0}); });
  require_error(ErrorCode::InvalidArgument, "2 scores for 1 labels of 3 classes",
                [&] { (void)classification_metrics(scores, 3, std::vector<int>{0}); });
  require_error(ErrorCode::InvalidArgument, "no items", [] { (void)binary_metrics({}, {}); });
  require_error(ErrorCode::InvalidArgument, "of 1 classes", [&] {
    (void)classification_metrics(scores, 1, std::vector<int>{0, 0});
  });
  for (const double threshold : {-0.1, 1.1, std::numeric_limits<double>::quiet_NaN()}) {
    require_error(ErrorCode::InvalidArgument, "threshold", [&] {
      (void)binary_metrics(scores, std::vector<int>{0, 1}, threshold);
    });
  }
}

}  // namespace
}  // namespace animalctl
