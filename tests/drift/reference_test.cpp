#include "drift/reference.h"

#include <algorithm>

#include "drift/input_summary.h"
#include "drift/simulated_traffic.h"
#include "support/catch_compat.h"

namespace animalctl::drift {
namespace {

using lake::PredictionRow;
using test::Traffic;
using test::World;

const WindowTest& of(const Reference& reference, const std::vector<WindowTest>& tests, std::string_view name) {
  const std::vector<std::string_view> names = reference.names();
  const auto found = std::find(names.begin(), names.end(), name);
  REQUIRE(found != names.end());
  return tests[static_cast<std::size_t>(found - names.begin())];
}

std::vector<PredictionRow> labelled(const std::vector<std::pair<std::string, int>>& counts) {
  std::vector<PredictionRow> rows = Traffic(1).day(0, 1000);
  std::size_t next = 0;
  for (const auto& [label, count] : counts) {
    for (int i = 0; i < count; ++i) rows.at(next++).label = label;
  }
  rows.resize(next);
  return rows;
}

}  // namespace

TEST_CASE("Holm's adjustment multiplies the smallest by all, never falls and stops at one", "[drift]") {
  // R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
  const std::vector<double> adjusted = holm_adjusted({0.01, 0.04, 0.03, 0.005});
  CHECK(adjusted[0] == Approx(0.03));
  CHECK(adjusted[1] == Approx(0.06));
  CHECK(adjusted[2] == Approx(0.06));
  CHECK(adjusted[3] == Approx(0.02));
  CHECK(holm_adjusted({0.9, 0.8}) == std::vector<double>{1, 1});
  CHECK(holm_adjusted({}).empty());
}

TEST_CASE("a picture that is sent again and again counts once", "[drift]") {
  std::vector<PredictionRow> rows = Traffic(1).day(0, 10);
  for (PredictionRow& row : rows) row.image = rows[0].image;
  rows[5].image = std::string(64, 'a');
  const Sample sample = different_pictures(rows);
  REQUIRE(sample.size() == 2);
  CHECK(sample[1] == &rows[5]);
}

TEST_CASE("what was not recorded is no input, and a window that is too small is not counted", "[drift]") {
  std::vector<PredictionRow> rows = Traffic(1).day(0, 500);
  for (PredictionRow& row : rows) {
    row.measures.saturation.reset();
    row.score.reset();
  }
  const Reference reference(different_pictures(rows), {});
  CHECK(reference.names() ==
        std::vector<std::string_view>{"confidence", "size", "aspect", "brightness", "contrast", "sharpness", "class"});
  const std::vector<PredictionRow> few = Traffic(2).day(1, 49);
  for (const WindowTest& test : reference.test(different_pictures(few))) CHECK_FALSE(test.counted);
  std::vector<PredictionRow> no_sizes = Traffic(2).day(1, 100);
  for (PredictionRow& row : no_sizes) row.width = 0;
  const auto tests = reference.test(different_pictures(no_sizes));
  CHECK_FALSE(of(reference, tests, "size").counted);
  CHECK(of(reference, tests, "brightness").counted);
}

TEST_CASE("the input that changed drifts and the others do not", "[drift]") {
  const std::vector<PredictionRow> before = Traffic(1).day(0, 1000);
  const Reference reference(different_pictures(before), {});
  World blurred;
  blurred.sharpness = 60;
  const std::vector<PredictionRow> now = Traffic(2).day(1, 100, blurred);
  const auto tests = reference.test(different_pictures(now));
  for (const std::string_view name : reference.names()) {
    CAPTURE(name);
    CHECK(of(reference, tests, name).drifted == (name == "sharpness"));
    CHECK(of(reference, tests, name).adjusted_p_value >= of(reference, tests, name).p_value);
  }
}

TEST_CASE("a shift that is certain but small is no drift", "[drift]") {
  const std::vector<PredictionRow> before = Traffic(1).day(0, 20'000);
  DriftSettings settings;
  settings.reference = 20'000;
  settings.window = 20'000;
  const Reference reference(different_pictures(before), settings);
  World lighter;
  lighter.brightness = 0.52;
  const std::vector<PredictionRow> now = Traffic(2).day(1, 20'000, lighter);
  const auto tests = reference.test(different_pictures(now));
  CHECK(of(reference, tests, "brightness").adjusted_p_value < 1e-6);
  CHECK_FALSE(of(reference, tests, "brightness").drifted);
}

TEST_CASE("classes: shares that move drift, rare ones are counted together, a new one is found", "[drift]") {
  const std::vector<PredictionRow> before = labelled({{"A", 450}, {"B", 450}, {"C", 6}, {"D", 4}});
  const Reference reference(different_pictures(before), {});
  const auto test_of = [&](const std::vector<std::pair<std::string, int>>& counts) {
    const std::vector<PredictionRow> now = labelled(counts);
    return of(reference, reference.test(different_pictures(now)), "class");
  };
  CHECK_FALSE(test_of({{"A", 48}, {"B", 50}, {"D", 2}}).drifted);
  CHECK(test_of({{"A", 90}, {"B", 10}}).drifted);
  CHECK(test_of({{"A", 40}, {"B", 40}, {"E", 20}}).drifted);
  CHECK(test_of({{"E", 100}}).drifted);
  const std::vector<PredictionRow> one = labelled({{"A", 300}});
  const Reference single(different_pictures(one), {});
  const std::vector<PredictionRow> same = labelled({{"A", 100}});
  CHECK_FALSE(of(single, single.test(different_pictures(same)), "class").drifted);
  const std::vector<PredictionRow> other = labelled({{"B", 100}});
  CHECK(of(single, single.test(different_pictures(other)), "class").drifted);
}

TEST_CASE("a summary has means, bars that count everything, and the verdict of the last windows", "[drift]") {
  const std::vector<PredictionRow> before = Traffic(1).day(0, 1000);
  const DriftSettings settings;
  const Reference reference(different_pictures(before), settings);
  World dark;
  dark.brightness = 0.2;
  const std::vector<PredictionRow> as_before = Traffic(2).day(1, 100);
  const std::vector<PredictionRow> now = Traffic(3).day(2, 200, dark);
  const std::vector<Sample> windows = {different_pictures(as_before), different_pictures(Answers(now).first(100)),
                                       different_pictures(Answers(now).last(100))};
  const std::vector<InputDrift> inputs = summarise_inputs(reference, windows, settings);
  const auto found = std::find_if(inputs.begin(), inputs.end(), [](const auto& i) { return i.input == "brightness"; });
  REQUIRE(found != inputs.end());
  CHECK(found->verdict == Verdict::Drifted);
  CHECK(found->hits == 2);
  CHECK(found->looked == 3);
  CHECK(found->reference_mean == Approx(0.5).margin(0.05));
  CHECK(found->current_mean == Approx(0.3).margin(0.05));
  CHECK(found->effect > 1);
  CHECK(found->psi > 0.25);
  REQUIRE(found->bars.size() == 10);
  std::size_t current = 0;
  for (const Bar& bar : found->bars) {
    CHECK(bar.low < bar.high);
    current += bar.current;
  }
  CHECK(current == 300);
  CHECK(inputs[0].input == "score");
  CHECK(inputs[1].input == "confidence");
  CHECK(inputs[2].input == "class");
  CHECK(inputs[2].bars.size() == 2);
  CHECK(inputs[2].verdict == Verdict::Stable);
  // One window decides nothing alone.
  const std::vector<InputDrift> single = summarise_inputs(reference, std::vector<Sample>{windows[2]}, settings);
  for (const InputDrift& input : single) CHECK(input.verdict == Verdict::TooFew);
}

}  // namespace animalctl::drift
