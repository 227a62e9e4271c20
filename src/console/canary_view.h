#pragma once

#include <cstdint>

#include <nlohmann/json_fwd.hpp>

#include "animalctl/lake/run_records.h"
#include "console/console_settings.h"

namespace animalctl::console {

// The form of docs/labelling-api.md, "Canary": how requests are shared out, who answered how many, what was decided.
nlohmann::ordered_json canary_json(const ConsoleSettings& settings, lake::Database& database, lake::RunRecords& records,
                                   std::int64_t now_ms);

}  // namespace animalctl::console
