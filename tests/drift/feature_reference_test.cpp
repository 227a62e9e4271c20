#include "drift/feature_reference.h"

#include <algorithm>

#include "animalctl/base/random.h"
#include "drift/drifted_images.h"
#include "drift/input_summary.h"
#include "drift/reference.h"
#include "drift/simulated_traffic.h"
#include "support/catch_compat.h"

namespace animalctl::drift {
namespace {

using lake::PredictionRow;
using test::Traffic;

// Answers whose features lie in two clouds, one a class; `turned`: share of pictures of a third kind.
std::vector<PredictionRow> seen(std::uint64_t seed, std::size_t count, double turned = 0) {
  std::vector<PredictionRow> rows = Traffic(seed).day(0, count);
  RandomStream random(seed, "features");
  for (PredictionRow& row : rows) {
    const bool other = random.uniform() < turned;
    for (std::size_t d = 0; d < 32; ++d) {
      const double centre = other ? (d % 4 == 0 ? 2.5 : 0) : (row.label == "DOG" && d < 8 ? 1 : 0);
      row.features.push_back(static_cast<float>(centre + random.normal()));
    }
  }
  return rows;
}

TEST_CASE("pictures of another kind are seen in what the model's last layer saw", "[drift]") {
  const DriftSettings settings;
  const std::vector<PredictionRow> before = seen(1, 400);
  const Reference reference(different_pictures(before), settings);
  REQUIRE(reference.features());
  CHECK(reference.names().back() == kFeaturesInput);
  const std::vector<PredictionRow> changed = seen(2, 100, 0.6);
  const std::vector<WindowTest> tests = reference.test(different_pictures(changed));
  CHECK(tests.back().counted);
  CHECK(tests.back().drifted);
  CHECK(tests.back().p_value < 1e-4);
  CHECK(tests.back().effect > 2 * settings.min_mmd);
  // Nothing else has changed.
  CHECK(std::count_if(tests.begin(), tests.end(), [](const WindowTest& test) { return test.drifted; }) == 1);

  const std::vector<PredictionRow> more = seen(3, 100, 0.6);
  const std::vector<Sample> windows = {different_pictures(changed), different_pictures(more)};
  const std::vector<InputDrift> inputs = summarise_inputs(reference, windows, settings);
  CHECK(inputs[2].input == kClassInput);
  const InputDrift& features = inputs.back();
  CHECK(features.input == kFeaturesInput);
  CHECK(features.test == "mmd");
  CHECK(features.verdict == Verdict::Drifted);
  CHECK(features.current_mean > features.reference_mean);
  CHECK(features.reference_mean == Approx(1).margin(0.05));
  CHECK(features.bars.size() == 10);
  // The images that are named are of the other kind.
  const std::vector<DriftedImage> images = most_drifted_images(reference, windows, inputs, 10);
  REQUIRE(images.size() == 10);
  CHECK(images.front().input == kFeaturesInput);
  CHECK(images.front().distance > 1.2);
}

TEST_CASE("pictures of the same kind are not, window after window", "[drift]") {
  const DriftSettings settings;
  const std::vector<PredictionRow> before = seen(1, 1000);
  const Reference reference(different_pictures(before), settings);
  std::size_t drifted = 0;
  for (std::uint64_t seed = 100; seed < 140; ++seed) {
    const std::vector<PredictionRow> window = seen(seed, 100);
    const WindowTest test = reference.test(different_pictures(window)).back();
    CHECK(test.counted);
    CHECK(test.effect < settings.min_mmd);
    drifted += test.drifted ? 1 : 0;
  }
  CHECK(drifted == 0);
}

TEST_CASE("answers without features are no reference for them", "[drift]") {
  const DriftSettings settings;
  const std::vector<PredictionRow> none = Traffic(1).day(0, 400);
  CHECK_FALSE(Reference(different_pictures(none), settings).features());
  std::vector<PredictionRow> few = seen(1, 400);
  for (std::size_t i = 0; i < 300; ++i) few[i].features.clear();
  CHECK_FALSE(Reference(different_pictures(few), settings).features());

  // A window without them, or with vectors of another length, is not counted.
  const std::vector<PredictionRow> before = seen(1, 400);
  const Reference reference(different_pictures(before), settings);
  CHECK_FALSE(reference.test(different_pictures(none)).back().counted);
  std::vector<PredictionRow> longer = seen(2, 100);
  for (PredictionRow& row : longer) row.features.push_back(0);
  CHECK_FALSE(reference.test(different_pictures(longer)).back().counted);
  const InputDrift summary =
      summarise_inputs(reference, std::vector<Sample>{different_pictures(none)}, settings).back();
  CHECK(summary.input == kFeaturesInput);
  CHECK(summary.current_count == 0);
  CHECK(summary.effect == 0);
}

}  // namespace
}  // namespace animalctl::drift
