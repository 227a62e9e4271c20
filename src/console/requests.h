#pragma once

#include <optional>
#include <string>
#include <vector>

#include "animalctl/lake/run_records.h"

namespace animalctl::console {

// What a person asks the orchestrator for: a row of the decisions of kind "request", verdict "run-now" or
// "stop-canary". The orchestrator answers with a row of kind "answer", the same verdict and {"request": id}.

// Throws InvalidArgument for another kind, an empty reason or one above 1000 characters.
void ask_orchestrator(lake::RunRecords& records, const std::string& what, const std::string& reason,
                      const std::string& by, std::int64_t now_ms);

// The reason of the newest request of this kind that is not answered. `newest_first`: decisions of all runs.
std::optional<std::string> open_request_reason(const std::vector<lake::DecisionRow>& newest_first,
                                               const std::string& what);

// As a text that a person must give for what is remembered. Throws InvalidArgument naming what is missing.
std::string require_reason(const std::string& text);

}  // namespace animalctl::console
