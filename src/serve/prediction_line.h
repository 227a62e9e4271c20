#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "serve/prediction_sink.h"

namespace animalctl::serve {

// One record as a line of a predictions file, newline included: docs/formats/predictions-jsonl.md. `image_file` is
// where the picture was stored, "" when it was not.
std::string prediction_line(const PredictionRecord& record, std::string_view image_file);

// "2026-11-25": UTC, whatever the time zone.
std::string utc_day(std::chrono::system_clock::time_point time);

}  // namespace animalctl::serve
