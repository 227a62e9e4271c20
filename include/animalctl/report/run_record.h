#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "animalctl/report/model_report.h"

namespace animalctl {

// What a report takes from a training run's <name>.json (docs/formats/report.md).
struct RunRecord {
  NamedValues settings;  // in the file's order; values as text, e.g. "0.0003", "none"
  NamedValues versions;
  std::vector<ReportEpoch> epochs;  // a missing or null number is NaN
  std::string data_digest;
};

// Reads a run's JSON. Fields that are missing stay empty, unknown ones are ignored. Throws NotFound when there is no
// such file, DataLoss when it is not JSON, no object, or a field has another type, and Unimplemented when its format
// is newer than this program. Thread-safe.
RunRecord read_run_record(const std::filesystem::path& path);

}  // namespace animalctl
