#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "animalctl/exporter/export_model.h"

namespace animalctl::cli {

// What MAR-INF/animalctl.json says of a model (docs/formats/archive.md), without the list of members: classes,
// architecture, preprocessing, threshold, metrics and lineage. The last two come from the training run's <name>.json
// beside `weights` when there is one that can be read.
nlohmann::ordered_json describe_archived_model(const ExportReport& report, const std::filesystem::path& weights,
                                               double threshold);

// index_to_name.json of these classes: lower case, by number, and filled up with names of no class to `at_least`
// entries.
std::string labels_json(const std::vector<std::string>& classes, std::size_t at_least);

// The time that goes into an archive: SOURCE_DATE_EPOCH when it is set (reproducible-builds.org), else now. Throws
// InvalidArgument when it is no number of seconds.
struct ArchiveTime {
  std::int64_t seconds = 0;
  bool given = false;  // by SOURCE_DATE_EPOCH
};
ArchiveTime archive_time(const std::optional<std::string>& source_date_epoch);

}  // namespace animalctl::cli
