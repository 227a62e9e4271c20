#include "animalctl/dataset/snapshot.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <optional>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/text.h"
#include "dataset/csv_reader.h"

namespace animalctl {
namespace {

constexpr std::string_view kColumn = "frame_filename";
constexpr std::uint64_t kMaxSnapshotBytes = std::uint64_t{1} << 30;

std::size_t find_column(const CsvRow& header, std::string_view origin) {
  const auto found = std::find_if(header.fields.begin(), header.fields.end(),
                                  [](const std::string& field) { return trim(field) == kColumn; });
  if (found != header.fields.end()) return static_cast<std::size_t>(found - header.fields.begin());
  std::string names;
  for (const std::string& field : header.fields) names += (names.empty() ? "" : ", ") + field;
  constexpr std::size_t kShown = 200;
  if (names.size() > kShown) names = names.substr(0, kShown) + "…";
  throw Error(
      ErrorCode::DataLoss,
      fmt::format("{} line {}: no column is named {} (found: {}); write the file with `animalctl dataset-split`, "
                  "or name the column in its first line",
                  origin, header.line, kColumn, names));
}

}  // namespace

std::vector<std::string> parse_snapshot(std::string_view text, std::string_view origin) {
  std::vector<std::string> rows;
  std::optional<std::size_t> column;
  parse_csv(text, origin, [&](CsvRow& row) {
    if (!column) {
      column = find_column(row, origin);
      return;
    }
    if (row.fields.size() <= *column) {
      throw Error(ErrorCode::DataLoss,
                  fmt::format("{} line {}: the row has {} column{}, {} is column {}", origin, row.line,
                              row.fields.size(), row.fields.size() == 1 ? "" : "s", kColumn, *column + 1));
    }
    if (row.fields[*column].empty()) {
      throw Error(ErrorCode::DataLoss, fmt::format("{} line {}: the name of the frame is empty", origin, row.line));
    }
    rows.push_back(std::move(row.fields[*column]));
  });
  if (!column) {
    throw Error(ErrorCode::DataLoss,
                fmt::format("{} is empty; a snapshot has at least the line {}. Write it with `animalctl dataset-split`",
                            origin, kColumn));
  }
  return rows;
}

std::vector<std::string> read_snapshot(const std::filesystem::path& path) {
  return parse_snapshot(read_text_file(path, kMaxSnapshotBytes), path.string());
}

std::string format_snapshot(std::span<const std::string> rows) {
  std::string text(kColumn);
  text += '\n';
  for (const std::string& row : rows) {
    text += csv_field(row);
    text += '\n';
  }
  return text;
}

void write_snapshot(const std::filesystem::path& path, std::span<const std::string> rows) {
  write_file_atomic(path, format_snapshot(rows));
}

}  // namespace animalctl
