#include "animalctl/stats/confident_learning.h"

#include <array>
#include <limits>
#include <string_view>
#include <vector>

#include "support/catch_compat.h"

namespace animalctl {
namespace {

using Catch::Matchers::WithinAbs;
using test::require_error;

// Worked by hand. Labels 0: p(0) = 0.9, 0.8, 0.1 → threshold 0.6. Labels 1: p(1) = 0.7, 0.5 → 0.6. Labels 2: p(2) =
// 0.6, 0.2 → 0.4. Item 2 reaches 1 alone (0.8 ≥ 0.6): confident (0, 1). Item 4 (0.3, 0.5, 0.2) reaches nothing. Item 6
// (0.65, 0.15, 0.2) reaches 0 alone: (2, 0).
const std::vector<float> kThree = {0.9F, 0.05F, 0.05F, 0.8F, 0.1F, 0.1F, 0.1F, 0.8F,  0.1F,  0.2F, 0.7F,
                                   0.1F, 0.3F,  0.5F,  0.2F, 0.3F, 0.1F, 0.6F, 0.65F, 0.15F, 0.2F};
const std::vector<int> kThreeLabels = {0, 0, 0, 1, 1, 2, 2};

TEST_CASE("an item that confidently is another class than its label is a likely label error") {
  const ConfidentLearning found = confident_learning(kThree, 3, kThreeLabels);
  CHECK_THAT(found.thresholds[0], WithinAbs(0.6, 1e-7));
  CHECK_THAT(found.thresholds[1], WithinAbs(0.6, 1e-7));
  CHECK_THAT(found.thresholds[2], WithinAbs(0.4, 1e-7));
  CHECK(found.confident == std::vector<std::size_t>{2, 1, 0, 0, 1, 0, 1, 0, 1});
  REQUIRE(found.errors.size() == 2);
  CHECK(found.errors[0].item == 2);
  CHECK(found.errors[0].likely == 1);
  CHECK_THAT(found.errors[0].margin, WithinAbs(0.7, 1e-7));
  CHECK(found.errors[1].item == 6);
  CHECK(found.errors[1].likely == 0);
  CHECK_THAT(found.errors[1].margin, WithinAbs(0.45, 1e-7));
}

TEST_CASE("the joint distribution of labels and true classes keeps how often each label was given") {
  const ConfidentLearning found = confident_learning(kThree, 3, kThreeLabels);
  // Row 0: 3 of 7 items, two thirds of them right; row 1: 2 of 7, all right; row 2: 2 of 7, half of them right.
  const std::array<double, 9> expected = {2 / 7.0, 1 / 7.0, 0, 0, 2 / 7.0, 0, 1 / 7.0, 0, 1 / 7.0};
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK_THAT(found.joint[i], WithinAbs(expected[i], 1e-12));
  CHECK_THAT(found.error_share, WithinAbs(2 / 7.0, 1e-12));
}

TEST_CASE("a class of which the model is never sure is judged by what is usual for it") {
  // p(1) of the items labelled 1 is 0.4 throughout, less than one half: none of them is an error for that, while the
  // one labelled 0 with 0.45 is.
  const std::vector<float> second = {0.1F, 0.1F, 0.1F, 0.45F, 0.4F, 0.4F};
  const std::vector<int> labels = {0, 0, 0, 0, 1, 1};
  const ConfidentLearning found = confident_learning(second, 1, labels);
  REQUIRE(found.errors.size() == 1);
  CHECK(found.errors[0].item == 3);
  CHECK(found.errors[0].likely == 1);
  CHECK_THAT(found.errors[0].margin, WithinAbs(-0.1, 1e-7));
}

TEST_CASE("a label that no item has, and an item that confidently is nothing, spoil nothing") {
  const std::vector<float> second = {0.2F, 0.4F};
  const std::vector<int> labels = {0, 0};
  const ConfidentLearning found = confident_learning(second, 1, labels);
  CHECK(found.errors.empty());
  CHECK(found.confident == std::vector<std::size_t>{1, 0, 0, 0});
  CHECK(found.joint == std::vector<double>{1, 0, 0, 0});
  // Labels 1: thresholds 0.7 and 0.5; (0.3, 0.45, 0.25) reaches neither, nor has 2 an item.
  const std::vector<float> three = {0.7F, 0.2F, 0.1F, 0.1F, 0.55F, 0.35F, 0.3F, 0.45F, 0.25F};
  const std::vector<int> two = {0, 1, 1};
  CHECK_THAT(confident_learning(three, 3, two).joint[4], WithinAbs(2 / 3.0, 1e-12));
}

TEST_CASE("label errors cannot be looked for in sizes, labels or probabilities that do not fit") {
  const std::vector<float> two = {0.5F, 0.5F};
  const std::vector<int> labels = {0, 1};
  const auto refused = [](std::string_view part, std::vector<float> probabilities, std::size_t columns,
                          std::vector<int> given) {
    require_error(ErrorCode::InvalidArgument, part, [&] { confident_learning(probabilities, columns, given); });
  };
  refused("at least one", {}, 1, {});
  refused("do not make 0 columns", two, 0, labels);
  refused("do not make 2 columns", two, 2, labels);
  refused("the label 2", two, 1, {0, 2});
  refused("the label -1", two, 1, {0, -1});
  refused("no probability", {0.5F, 1.5F}, 1, labels);
  refused("no probability", {0.5F, std::numeric_limits<float>::quiet_NaN()}, 1, labels);
}

}  // namespace
}  // namespace animalctl
