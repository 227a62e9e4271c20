#include "animalctl/lake/frame_index.h"

#include <unordered_map>
#include <utility>

#include "lake/lake_schema.h"

namespace animalctl::lake {
namespace {

// What `serve` puts among the frames is named by its content; see docs/formats/lake.md.
constexpr std::string_view kQueryPrefix = "query-";
constexpr std::string_view kAuditPrefix = "query-audit-";

std::string source_of(std::string_view name) {
  if (name.starts_with(kAuditPrefix)) return "audit";
  return name.starts_with(kQueryPrefix) ? "query" : "frames";
}

struct Known {
  std::int64_t bytes = 0;
  std::int64_t modified_ms = 0;
  bool seen = false;
};

Value or_null(const std::string& text) {
  return text.empty() ? Value() : Value(text);
}

std::unordered_map<std::string, Known> known_frames(Database& database) {
  std::unordered_map<std::string, Known> known;
  constexpr ColumnType kTypes[] = {ColumnType::Text, ColumnType::Integer, ColumnType::Integer};
  database.query("SELECT name, bytes, modified_ms FROM lake_images", {}, kTypes, [&](const Row& row) {
    known.emplace(text(row, 0), Known{integer(row, 1), integer(row, 2), false});
  });
  return known;
}

}  // namespace

FrameIndex::FrameIndex(Database& database) : database_(database) {
  migrate_lake_tables(database_);
}

FrameChanges FrameIndex::update(std::span<const FrameFile> files, std::int64_t now_ms,
                                const std::function<std::vector<std::string>(std::span<const FrameFile>)>& digests_of) {
  std::unordered_map<std::string, Known> known = known_frames(database_);
  std::vector<FrameFile> unread;
  for (const FrameFile& file : files) {
    const auto found = known.find(file.name);
    const bool same =
        found != known.end() && found->second.bytes == file.bytes && found->second.modified_ms == file.modified_ms;
    if (same) {
      found->second.seen = true;
    } else {
      unread.push_back(file);
    }
  }
  const std::vector<std::string> digests = digests_of(unread);
  std::vector<Row> added;
  std::vector<Row> changed;
  std::vector<Row> removed;
  for (std::size_t i = 0; i < unread.size(); ++i) {
    const FrameFile& file = unread[i];
    if (digests.at(i).empty()) continue;
    if (const auto found = known.find(file.name); found != known.end()) {
      found->second.seen = true;
      changed.push_back({digests[i], file.bytes, file.modified_ms, file.name});
    } else {
      added.push_back({file.name, digests[i], file.bytes, file.modified_ms, source_of(file.name), now_ms});
    }
  }
  for (const auto& [name, state] : known) {
    if (!state.seen) removed.push_back({name});
  }
  Transaction transaction(database_);
  if (!added.empty()) {
    database_.execute(
        "INSERT INTO lake_images (name, digest, bytes, modified_ms, source, first_seen_ms) "
        "VALUES (:a, :b, :c, :d, :e, :f) ON CONFLICT (name) DO NOTHING",
        std::span<const Row>(added));
  }
  if (!changed.empty()) {
    database_.execute(
        "UPDATE lake_images SET digest = :a, bytes = :b, modified_ms = :c, perceptual_hash = NULL, part = NULL "
        "WHERE name = :d",
        std::span<const Row>(changed));
  }
  if (!removed.empty()) {
    database_.execute("DELETE FROM lake_images WHERE name = :a", std::span<const Row>(removed));
  }
  transaction.commit();
  return {added.size(), changed.size(), removed.size()};
}

void FrameIndex::set_parts(std::span<const ContentPart> parts) {
  if (parts.empty()) return;
  std::vector<Row> rows;
  rows.reserve(parts.size());
  for (const ContentPart& part : parts)
    rows.push_back({or_null(part.perceptual_hash), or_null(part.part), part.digest, or_null(part.part)});
  Transaction transaction(database_);
  database_.execute(
      "UPDATE lake_images SET perceptual_hash = :a, part = :b WHERE digest = :c AND (part IS NULL OR part <> :d)",
      std::span<const Row>(rows));
  transaction.commit();
}

std::size_t FrameIndex::count() {
  return static_cast<std::size_t>(
      integer(database_.query("SELECT COUNT(*) FROM lake_images", {}, {ColumnType::Integer}).front(), 0));
}

std::vector<FrameRow> FrameIndex::all() {
  std::vector<FrameRow> rows;
  constexpr ColumnType kTypes[] = {ColumnType::Text, ColumnType::Text, ColumnType::Integer, ColumnType::Integer,
                                   ColumnType::Text, ColumnType::Text, ColumnType::Text,    ColumnType::Integer};
  database_.query(
      "SELECT name, digest, bytes, modified_ms, perceptual_hash, part, source, first_seen_ms FROM lake_images "
      "ORDER BY name",
      {}, kTypes, [&](const Row& row) {
        rows.push_back({text(row, 0), text(row, 1), integer(row, 2), integer(row, 3), text(row, 4), text(row, 5),
                        text(row, 6), integer(row, 7)});
      });
  return rows;
}

std::vector<std::string> FrameIndex::names_of(const std::string& digest) {
  std::vector<std::string> names;
  for (const Row& row : database_.query("SELECT name FROM lake_images WHERE digest = :digest ORDER BY name",
                                        Row{digest}, {ColumnType::Text})) {
    names.push_back(text(row, 0));
  }
  return names;
}

std::vector<std::string> FrameIndex::digests() {
  std::vector<std::string> digests;
  constexpr ColumnType kTypes[] = {ColumnType::Text};
  database_.query("SELECT DISTINCT digest FROM lake_images", {}, kTypes,
                  [&](const Row& row) { digests.push_back(text(row, 0)); });
  return digests;
}

}  // namespace animalctl::lake
