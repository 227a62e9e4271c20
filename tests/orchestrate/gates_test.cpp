#include "orchestrate/gates.h"

#include <nlohmann/json.hpp>

#include "support/catch_compat.h"

namespace animalctl::orchestrate {
namespace {

using nlohmann::json;

json evaluation(const char* verdict, double base, double test) {
  return {{"images", 100},
          {"base", {{"accuracy", base}}},
          {"test", {{"accuracy", test}}},
          {"mcnemar", {{"verdict", verdict}, {"p_value", 0.5}, {"smallest_detectable_difference", 0.06}}}};
}

json report_with_slice(std::uint64_t images, double accuracy) {
  return {{"images", 400},
          {"metrics", {{"ece", 0.1}}},
          {"slices", {{{"group", "brightness"}, {"slice", "dark"}, {"images", images}, {"accuracy", accuracy}}}}};
}

TEST_CASE("the data gate allows a share of errors", "[orchestrate]") {
  const GateSettings settings;
  CHECK(judge_data({{"frames", 100}, {"errors", 2}}, settings).verdict == GateVerdict::Pass);
  CHECK(judge_data({{"frames", 100}, {"errors", 3}}, settings).verdict == GateVerdict::Fail);
  CHECK(judge_data({{"frames", 0}, {"errors", 0}}, settings).verdict == GateVerdict::Fail);
  test::require_error(ErrorCode::DataLoss, "/errors", [&] { judge_data({{"frames", 100}}, settings); });
}

TEST_CASE("the floors are those of validate, and their values are in the reason", "[orchestrate]") {
  json validation = {{"ready", false},
                     {"bounds",
                      {{{"metric", "model_accuracy"},
                        {"bound", "min_accuracy_validation"},
                        {"value", 0.4},
                        {"limit", 0.5},
                        {"holds", false}}}}};
  const Gate gate = judge_floors(validation);
  CHECK(gate.verdict == GateVerdict::Fail);
  CHECK(test::contains(gate.reason, "0.4000"));
  validation["ready"] = true;
  CHECK(judge_floors(validation).verdict == GateVerdict::Pass);
  test::require_error(ErrorCode::DataLoss, "/ready", [] { judge_floors(json::object()); });
}

TEST_CASE("worse than the champion fails, and undecided is settled by its own setting", "[orchestrate]") {
  GateSettings settings;
  CHECK(judge_comparison(evaluation("better", 0.8, 0.9), settings).verdict == GateVerdict::Pass);
  CHECK(judge_comparison(evaluation("worse", 0.9, 0.8), settings).verdict == GateVerdict::Fail);
  const Gate open = judge_comparison(evaluation("inconclusive", 0.9, 0.91), settings);
  CHECK(open.verdict == GateVerdict::Inconclusive);
  CHECK(test::contains(open.reason, "0.0600"));
  CHECK(test::contains(open.reason, "--inconclusive"));
  settings.inconclusive = Inconclusive::Promote;
  CHECK(judge_comparison(evaluation("inconclusive", 0.9, 0.91), settings).verdict == GateVerdict::Pass);
  CHECK(judge_comparison(evaluation("worse", 0.9, 0.8), settings).verdict == GateVerdict::Fail);
  settings.inconclusive = Inconclusive::Refuse;
  CHECK(judge_comparison(evaluation("inconclusive", 0.9, 0.91), settings).verdict == GateVerdict::Fail);
  test::require_error(ErrorCode::DataLoss, "no verdict",
                      [&] { judge_comparison(evaluation("perhaps", 0.9, 0.91), settings); });
}

TEST_CASE("a slice in which the champion was better fails although all images together do not", "[orchestrate]") {
  const json champion = report_with_slice(100, 0.95);
  CHECK(judge_slices(champion, report_with_slice(100, 0.93), 0.05).verdict == GateVerdict::Pass);
  const Gate worse = judge_slices(champion, report_with_slice(100, 0.7), 0.05);
  CHECK(worse.verdict == GateVerdict::Fail);
  CHECK(test::contains(worse.reason, "brightness dark"));
  json other = report_with_slice(100, 0.7);
  other["slices"][0]["slice"] = "bright";
  CHECK(judge_slices(champion, other, 0.05).verdict == GateVerdict::Skipped);
  test::require_error(ErrorCode::DataLoss, "slices", [&] { judge_slices(champion, json::object(), 0.05); });
}

TEST_CASE("calibration allows what chance gives a small set", "[orchestrate]") {
  GateSettings settings;
  settings.max_calibration_error = 0.04;
  CHECK(judge_calibration({{"images", 100}, {"metrics", {{"ece", 0.13}}}}, settings).verdict == GateVerdict::Pass);
  CHECK(judge_calibration({{"images", 10'000}, {"metrics", {{"ece", 0.13}}}}, settings).verdict == GateVerdict::Fail);
}

TEST_CASE("one failing gate decides, an open one leaves it open, and both read back", "[orchestrate]") {
  std::vector<Gate> gates = {{"data", GateVerdict::Pass, "fine"}, {"slices", GateVerdict::Skipped, "none"}};
  CHECK(conclude_gates(gates).verdict == GateVerdict::Pass);
  gates.push_back({"champion", GateVerdict::Inconclusive, "undecided"});
  CHECK(conclude_gates(gates).verdict == GateVerdict::Inconclusive);
  gates.push_back({"floors", GateVerdict::Fail, "too low"});
  CHECK(conclude_gates(gates).verdict == GateVerdict::Fail);
  CHECK(conclude_gates(gates).reason == "floors: too low");
  const std::vector<Gate> read = parse_gates(format_gates(gates), "gates.json");
  REQUIRE(read.size() == 4);
  CHECK(read[3].verdict == GateVerdict::Fail);
  CHECK(read[3].reason == "too low");
  test::require_error(ErrorCode::DataLoss, "verdict", [] { parse_gates(R"([{"verdict": "maybe"}])", "gates.json"); });
  test::require_error(ErrorCode::DataLoss, "no list", [] { parse_gates("{}", "gates.json"); });
  test::require_error(ErrorCode::DataLoss, "no list", [] { parse_gates("[1]", "gates.json"); });
}

}  // namespace
}  // namespace animalctl::orchestrate
