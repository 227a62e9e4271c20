#include "cli/lake_retention.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <system_error>
#include <tuple>
#include <unordered_set>
#include <vector>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"
#include "animalctl/base/time_text.h"
#include "animalctl/lake/frame_index.h"
#include "animalctl/lake/predictions.h"

namespace animalctl::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kDayMs = std::int64_t{24} * 60 * 60 * 1000;

std::string day_of(std::int64_t at_ms) {
  return iso_time(std::chrono::system_clock::time_point(std::chrono::milliseconds(at_ms))).substr(0, 10);
}

void remove_file(const fs::path& path, std::int64_t& count, RetentionCounts& counts) {
  std::error_code error;
  const std::uintmax_t bytes = fs::file_size(path, error);
  if (!error && fs::remove(path, error)) {
    ++count;
    counts.bytes += bytes;
  } else if (error) {
    log::warning("a file stays that should go", {{"file", path.string()}, {"reason", error.message()}});
  }
}

// Files below a folder; an unreadable or missing folder has none.
std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->is_regular_file(error)) files.push_back(entry->path());
  }
  return files;
}

// "predictions-2026-11-25-0001.jsonl" of a day before `day` that the lake has read to its end.
bool is_done_with(lake::Database& database, const fs::path& file, const std::string& day) {
  constexpr std::string_view kPrefix = "predictions-";
  const std::string name = file.filename().string();
  if (!name.starts_with(kPrefix) || !name.ends_with(".jsonl") || name.size() < kPrefix.size() + day.size())
    return false;
  if (name.substr(kPrefix.size(), day.size()) >= day) return false;
  const std::vector<lake::Row> rows = database.query("SELECT bytes_read FROM lake_sources WHERE file = :file",
                                                     {fs::absolute(file).string()}, {lake::ColumnType::Integer});
  std::error_code error;
  return !rows.empty() && lake::integer(rows.front(), 0) == static_cast<std::int64_t>(fs::file_size(file, error));
}

// <sink>/images/ab/cdef….jpg is the content abcdef….
std::string digest_of_picture(const fs::path& file) {
  return file.parent_path().filename().string() + file.stem().string();
}

void drop_pictures(lake::Database& database, const fs::path& folder, std::int64_t before_ms, RetentionCounts& counts) {
  const std::vector<std::string> kept = lake::FrameIndex(database).digests();
  std::unordered_set<std::string> frames(kept.begin(), kept.end());
  constexpr lake::ColumnType kTypes[] = {lake::ColumnType::Text};
  // A picture that was asked about again is as new as its newest query.
  database.query("SELECT DISTINCT image FROM lake_predictions", {}, kTypes,
                 [&](const lake::Row& row) { frames.insert(lake::text(row, 0)); });
  for (const fs::path& file : files_below(folder)) {
    std::error_code error;
    const auto written = fs::last_write_time(file, error);
    if (error || frames.contains(digest_of_picture(file))) continue;
    const auto at = std::chrono::file_clock::to_sys(written).time_since_epoch();
    if (std::chrono::floor<std::chrono::milliseconds>(at).count() < before_ms)
      remove_file(file, counts.pictures, counts);
  }
}

struct Picture {
  fs::file_time_type written;
  std::uint64_t bytes = 0;
  fs::path path;
};

void drop_oldest_pictures(lake::Database& database, const fs::path& folder, std::uint64_t keep_bytes,
                          RetentionCounts& counts) {
  const std::vector<std::string> kept = lake::FrameIndex(database).digests();
  const std::unordered_set<std::string> frames(kept.begin(), kept.end());
  std::vector<Picture> pictures;
  std::uint64_t bytes = 0;
  for (const fs::path& file : files_below(folder)) {
    std::error_code error;
    if (frames.contains(digest_of_picture(file))) continue;
    Picture picture{fs::last_write_time(file, error), 0, file};
    if (!error) picture.bytes = fs::file_size(file, error);
    if (error) continue;
    bytes += picture.bytes;
    pictures.push_back(std::move(picture));
  }
  std::sort(pictures.begin(), pictures.end(), [](const Picture& left, const Picture& right) {
    return std::tie(left.written, left.path) < std::tie(right.written, right.path);
  });
  for (auto picture = pictures.begin(); picture != pictures.end() && bytes > keep_bytes; ++picture) {
    bytes -= picture->bytes;
    remove_file(picture->path, counts.pictures, counts);
  }
}

}  // namespace

RetentionCounts apply_retention(lake::Database& database, const fs::path& sink_dir, const Retention& retention,
                                std::int64_t now_ms) {
  RetentionCounts counts;
  lake::Predictions predictions(database);
  if (retention.keep_days > 0) {
    const std::int64_t before_ms = now_ms - retention.keep_days * kDayMs;
    counts.predictions += predictions.erase_before(before_ms);
    std::error_code error;
    std::vector<fs::path> files;
    for (fs::directory_iterator entry(sink_dir, error), end; !error && entry != end; entry.increment(error)) {
      if (is_done_with(database, entry->path(), day_of(before_ms))) files.push_back(entry->path());
    }
    for (const fs::path& file : files) remove_file(file, counts.files, counts);
    drop_pictures(database, sink_dir / "images", before_ms, counts);
  }
  if (retention.keep_rows > 0) counts.predictions += predictions.keep_newest(retention.keep_rows);
  if (retention.keep_mib > 0) {
    drop_oldest_pictures(database, sink_dir / "images", static_cast<std::uint64_t>(retention.keep_mib) << 20U, counts);
  }
  database.execute("VACUUM");
  return counts;
}

}  // namespace animalctl::cli
