#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "animalctl/lake/run_records.h"
#include "console/console_settings.h"

namespace animalctl::console {

// The forms of docs/labelling-api.md, "Runs".
nlohmann::ordered_json run_json(const lake::RunRow& run);
nlohmann::ordered_json step_json(const lake::StepRow& step);
nlohmann::ordered_json decision_json(const lake::DecisionRow& decision);

// A run with its steps, gates, decisions, curves and which steps have a log.
nlohmann::ordered_json run_detail_json(const ConsoleSettings& settings, lake::RunRecords& records,
                                       const lake::RunRow& run);

// Epoch by epoch of the run's training, from the training record in its folder; null when there is none (yet).
nlohmann::ordered_json curves_json(const ConsoleSettings& settings, const std::string& run);

// True for names that runs and steps have: letters, digits, '-', '_', at most 64. Nothing else becomes part of a path.
bool is_plain_name(const std::string& text);

// Where a step's output is written.
std::filesystem::path step_log(const ConsoleSettings& settings, const std::string& run, const std::string& step);

}  // namespace animalctl::console
