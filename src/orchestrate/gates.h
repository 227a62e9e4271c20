#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "animalctl/orchestrate/settings.h"

namespace animalctl::orchestrate {

enum class GateVerdict : std::uint8_t { Pass, Fail, Inconclusive, Skipped };
// "pass", "fail", "inconclusive", "skipped": as the registry writes it.
std::string_view to_string(GateVerdict verdict);

struct Gate {
  std::string name;  // "data", "floors", "champion", "slices", "calibration", "archive"
  GateVerdict verdict = GateVerdict::Skipped;
  std::string reason;  // a sentence with the numbers
};

// Each judges what a command printed with --json. They throw DataLoss when a number is missing.

// `dataset-check`: not too many frames with an error.
Gate judge_data(const nlohmann::json& check, const GateSettings& settings);
// `validate`: every floor holds.
Gate judge_floors(const nlohmann::json& validation);
// `evaluate --rule mcnemar` of champion and new model on the same test set. Worse fails; undecided is settled by
// settings.inconclusive: Promote passes, Refuse fails, Ask leaves it open.
Gate judge_comparison(const nlohmann::json& evaluation, const GateSettings& settings);
// `report` of both: no slice in which the new model is worse than the champion (one-sided exact test of Fisher on the
// slice's right answers, error rate alpha over all slices together).
Gate judge_slices(const nlohmann::json& champion, const nlohmann::json& challenger, double alpha);
// `report`: the expected calibration error is at most max_calibration_error + 1/√images: so much chance alone gives.
Gate judge_calibration(const nlohmann::json& report, const GateSettings& settings);

// What all gates together mean.
struct GateConclusion {
  GateVerdict verdict = GateVerdict::Pass;  // Fail when one failed, else Inconclusive when one is open
  std::string reason;                       // of those that decided
};
GateConclusion conclude_gates(const std::vector<Gate>& gates);

// gates.json of a run.
std::string format_gates(const std::vector<Gate>& gates);
std::vector<Gate> parse_gates(std::string_view text, std::string_view origin);

}  // namespace animalctl::orchestrate
