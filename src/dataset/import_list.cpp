#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/json.h"
#include "animalctl/base/text.h"
#include "dataset/csv_reader.h"
#include "dataset/import_source.h"

namespace animalctl {
namespace {

constexpr std::uint64_t kMaxListBytes = std::uint64_t{1} << 30;

const std::vector<std::string> kPathNames = {"path",  "file",           "filename", "file_name",
                                             "image", "frame_filename", "frame"};
const std::vector<std::string> kLabelNames = {"label", "class", "category", "animal"};

// The names to look for: the one that was asked for, or the usual ones in order of preference.
std::vector<std::string> candidates(const std::string& asked, const std::vector<std::string>& usual) {
  return asked.empty() ? usual : std::vector<std::string>{asked};
}

std::string joined(std::span<const std::string> names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// Turns (path, label) pairs into images; paths are relative to the list's own folder.
class ListRows {
 public:
  ListRows(const ImportOptions& options, std::vector<SkippedSource>& skipped) : options_(options), skipped_(skipped) {}

  void add(std::size_t line, const std::string& path, const std::string& label) {
    if (path.empty()) return skip_line(line, "no path");
    const std::optional<int> index = options_.classes.index_of(trim(label));
    if (!index) {
      skipped_.push_back({path, skip_reason::kUnknownLabel, label});
      return;
    }
    images_.push_back({options_.source.parent_path() / path, path, *index});
  }

  void skip_line(std::size_t line, std::string detail) {
    skipped_.push_back({fmt::format("line {}", line), skip_reason::kGarbledLine, std::move(detail)});
  }

  std::vector<SourceImage> take() { return std::move(images_); }

 private:
  const ImportOptions& options_;
  std::vector<SkippedSource>& skipped_;
  std::vector<SourceImage> images_;
};

std::size_t find_column(const CsvRow& header, const std::vector<std::string>& names, const char* flag,
                        const std::string& origin) {
  for (const std::string& name : names) {
    for (std::size_t i = 0; i < header.fields.size(); ++i) {
      if (to_lower(trim(header.fields[i])) == to_lower(name)) return i;
    }
  }
  throw Error(ErrorCode::DataLoss, fmt::format("{} has no column named {} (found: {}); give {}", origin, joined(names),
                                               joined(header.fields), flag));
}

std::string text_of(const nlohmann::json& object, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const auto found = object.find(name);
    if (found != object.end() && found->is_string()) return found->get<std::string>();
  }
  return {};
}

}  // namespace

std::vector<SourceImage> list_csv_rows(const ImportOptions& options, std::vector<SkippedSource>& skipped) {
  const std::string origin = options.source.string();
  ListRows rows(options, skipped);
  std::optional<std::size_t> path_column;
  std::size_t label_column = 0;
  parse_csv(read_text_file(options.source, kMaxListBytes), origin, [&](CsvRow& row) {
    if (!path_column) {
      path_column = find_column(row, candidates(options.path_column, kPathNames), "--path-column", origin);
      label_column = find_column(row, candidates(options.label_column, kLabelNames), "--label-column", origin);
      return;
    }
    if (row.fields.size() <= std::max(*path_column, label_column)) return rows.skip_line(row.line, "too few columns");
    rows.add(row.line, row.fields[*path_column], row.fields[label_column]);
  });
  if (!path_column)
    throw Error(ErrorCode::DataLoss, fmt::format("{} is empty; its first line names the columns", origin));
  return rows.take();
}

std::vector<SourceImage> list_jsonl_rows(const ImportOptions& options, std::vector<SkippedSource>& skipped) {
  const std::string origin = options.source.string();
  const std::vector<std::string> path_names = candidates(options.path_column, kPathNames);
  const std::vector<std::string> label_names = candidates(options.label_column, kLabelNames);
  ListRows rows(options, skipped);
  const std::string text = read_text_file(options.source, kMaxListBytes);
  std::size_t line_number = 0;
  for (const std::string& line : split(text, '\n')) {
    ++line_number;
    if (trim(line).empty()) continue;
    try {
      const nlohmann::json object = parse_json(line, fmt::format("{} line {}", origin, line_number));
      if (!object.is_object()) {
        rows.skip_line(line_number, "not a JSON object");
        continue;
      }
      rows.add(line_number, text_of(object, path_names), text_of(object, label_names));
    } catch (const Error& error) {
      rows.skip_line(line_number, error.message());
    }
  }
  return rows.take();
}

}  // namespace animalctl
