#pragma once

#include <cstdint>
#include <filesystem>

#include "animalctl/lake/database.h"

namespace animalctl::cli {

// How long the lake keeps what can be had again; 0: for ever.
struct Retention {
  std::int64_t keep_days = 0;
  std::int64_t keep_rows = 0;
  std::int64_t keep_mib = 0;  // of query pictures
};

struct RetentionCounts {
  std::int64_t predictions = 0;
  std::int64_t files = 0;
  std::int64_t pictures = 0;
  std::uint64_t bytes = 0;  // of the files and pictures
};

// Drops predictions, serve's files of predictions (whole days that are over and in the lake) and the query pictures
// below `sink_dir`/images that are older than the retention says, and the oldest of these pictures until the rest has
// no more than so many MiB; then gives the space back. Frames, their labels and the pictures that are frames by their
// content are never touched. Throws Database's errors; a file that cannot be deleted is told in the log and stays.
RetentionCounts apply_retention(lake::Database& database, const std::filesystem::path& sink_dir,
                                const Retention& retention, std::int64_t now_ms);

}  // namespace animalctl::cli
