#include "animalctl/drift/drift_page.h"

#include "support/catch_compat.h"

namespace animalctl::drift {
namespace {

using animalctl::test::contains;

DriftReport sample_report() {
  DriftReport report;
  report.model = "animal <script>";
  report.version = 7;
  report.verdict = Verdict::Drifted;
  report.reason = "brightness of version 7 differ from its reference";
  report.reference = {1'700'000'000'000, 1'700'000'100'000, 1000, 990};
  report.windows = {{1'700'000'200'000, 1'700'000'300'000, 100, 98}};
  InputDrift input;
  input.input = "brightness";
  input.test = "kolmogorov-smirnov";
  input.effect_name = "wasserstein";
  input.verdict = Verdict::Drifted;
  input.windows = {{1e-9, 1e-8, 2.5, true, true}, {0.5, 1, 0.1, false, true}, {}};
  input.bars = {{"0 … 0.5", 0, 0.5, 500, 95}, {"0.5 … 1", 0.5, 1, 490, 3}};
  report.inputs.push_back(input);
  input.input = "class";
  input.verdict = Verdict::Stable;
  input.bars = {{"CAT", 0, 0, 500, 50}, {"<b>", 0, 0, 490, 48}};
  report.inputs.push_back(input);
  report.images = {{std::string(64, 'a'), "query-a<b>.jpg", 1'700'000'200'000, "DOG", 0.7, "brightness", 0.1, 3.5},
                   {std::string(64, 'b'), "", 1'700'000'200'000, "CAT", 0.6, "brightness", 0.12, 3}};
  report.accuracy.estimated = 0.9;
  report.accuracy.estimated_reference = 0.95;
  report.accuracy.labelled = 10;
  report.accuracy.right = 9;
  return report;
}

}  // namespace

TEST_CASE("a drift page shows verdict, tests, distributions and pictures, and runs nothing", "[drift]") {
  const Bytes thumbnail = {std::byte{0xFF}, std::byte{0xD8}};
  const std::string page = render_drift_page(sample_report(), {thumbnail});
  CHECK(contains(page, "default-src 'none'"));
  CHECK(contains(page, "animal &lt;script&gt;"));
  CHECK_FALSE(contains(page, "<script>"));
  CHECK_FALSE(contains(page, "<b>."));
  CHECK(contains(page, "●○–"));
  CHECK(contains(page, "<svg"));
  CHECK(contains(page, "data:image/jpeg;base64,"));
  CHECK(contains(page, "no picture"));
  CHECK(contains(page, "9 of 10"));
  CHECK(contains(page, "query-a&lt;b&gt;.jpg"));
}

TEST_CASE("a drift page of a report without inputs still says why", "[drift]") {
  DriftReport report;
  report.reason = "the lake has no answers to look at";
  const std::string page = render_drift_page(report, {});
  CHECK(contains(page, "the lake has no answers"));
  CHECK(contains(page, "too-few"));
  CHECK(page.ends_with("</html>\n"));
}

}  // namespace animalctl::drift
