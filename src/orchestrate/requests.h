#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "animalctl/lake/run_records.h"

namespace animalctl::orchestrate {

// What a person asked for on the page: a row of the decisions, kind "request", verdict "run-now" or "stop-canary". It
// is open until a row of kind "answer" with the same verdict names it or a later one in its detail.
struct OpenRequest {
  std::int64_t id = 0;
  std::string reason;
};

// The newest open request of this kind. Reads the newest 500 decisions.
std::optional<OpenRequest> open_request(lake::RunRecords& records, const std::string& verdict);

// Closes it, and those before it.
void answer_request(lake::RunRecords& records, const OpenRequest& request, const std::string& verdict,
                    const std::string& run, const std::string& reason, std::int64_t now_ms);

}  // namespace animalctl::orchestrate
