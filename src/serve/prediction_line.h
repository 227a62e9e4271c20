#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "serve/prediction_sink.h"

namespace animalctl::serve {

// Where a record's picture was stored; "" where it was not.
struct StoredPicture {
  std::string image_file;   // below images/
  std::string frame;        // among the frames
  std::string_view review;  // why it is there, or would be if the day's number were not reached
};

// One record as a line of a predictions file, newline included: docs/formats/predictions-jsonl.md.
std::string prediction_line(const PredictionRecord& record, const StoredPicture& stored);

// "2026-11-25": UTC, whatever the time zone.
std::string utc_day(std::chrono::system_clock::time_point time);

}  // namespace animalctl::serve
