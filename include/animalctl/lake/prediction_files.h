#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string_view>

#include "animalctl/lake/database.h"
#include "animalctl/lake/predictions.h"

namespace animalctl::lake {

// What one look at the files of a prediction sink brought.
struct IngestCounts {
  std::size_t rows = 0;     // lines taken; those that the lake knew already among them
  std::size_t garbled = 0;  // lines that are no prediction: passed over, each with a log line for the first of a file
  std::uint64_t bytes = 0;  // read
};

// Reads what `serve` has written into its sink folder (docs/formats/predictions-jsonl.md) since the last call into the
// lake. How far each file was read is stored in the same transaction as its rows, so that a prediction is in the lake
// exactly once whatever is interrupted where; a last line without its newline waits for the rest. A folder that does
// not exist has no predictions. Throws Database's errors, and what reading a file throws.
IngestCounts ingest_prediction_files(Database& database, const std::filesystem::path& folder,
                                     const std::stop_token& stop = {});

// Parses one line. Throws DataLoss when it is no JSON object or lacks a field.
PredictionRow parse_prediction_line(std::string_view line, std::string_view origin);

}  // namespace animalctl::lake
