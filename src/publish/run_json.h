#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "animalctl/registry/version_record.h"

namespace animalctl::publish {

// Members of JSON that others wrote: what is missing or of another type is empty.
const nlohmann::json& object_member(const nlohmann::json& object, const char* key);
std::string text_member(const nlohmann::json& object, const char* key);
std::vector<std::string> texts_member(const nlohmann::json& object, const char* key);

// Fills in what a training run's <name>.json says (docs/formats/report.md): of the best epoch, or of the last one when
// the weights are `latest`. Throws what read_run_record() throws.
void read_run_json(const std::filesystem::path& path, bool latest, registry::VersionRecord& record);
// Adds the metrics of `report --json` or `validate --json` as "test_…". Throws DataLoss when it is no such file.
void read_report_json(const std::filesystem::path& path, registry::VersionRecord& record);

}  // namespace animalctl::publish
