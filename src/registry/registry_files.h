#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "animalctl/registry/history.h"
#include "animalctl/registry/version_record.h"

namespace animalctl::registry {

// How the files of one model's folder are named and read (docs/formats/registry.md). None waits for a lock.
inline constexpr const char* kHistoryFile = "history.jsonl";
inline constexpr const char* kAliasesFile = "aliases.json";
inline constexpr const char* kRecordFile = "version.json";
inline constexpr const char* kCardFile = "card.md";
inline constexpr const char* kScratchPrefix = ".tmp-";

// Roles of the files that a prune removes.
inline constexpr std::array<std::string_view, 2> kPrunedRoles = {"checkpoint", "archive"};

// Versions that have a folder, ascending.
std::vector<int> version_folders(const std::filesystem::path& folder);
std::vector<HistoryEntry> read_history(const std::filesystem::path& folder);
// Why a version must not serve, by the history; nothing when it may.
std::optional<std::string> refusal_in(std::span<const HistoryEntry> history, int version);
// A version's text and what it says. Throws DataLoss when the record is of another model or version.
struct ReadRecord {
  std::string text;
  VersionRecord record;
};
ReadRecord read_version(const std::filesystem::path& folder, const std::string& model, int version);

// aliases.json: the aliases after the entry of this sequence and hash.
std::string aliases_text(const HistoryEntry& head);
// The entry that aliases.json was written after; nothing when the file is missing or garbled.
struct KnownHead {
  std::int64_t sequence = 0;
  Digest hash;
};
std::optional<KnownHead> read_known_head(const std::filesystem::path& folder);
// Throws DataLoss when the history does not have that entry: lines were cut off or replaced. Without the lock the head
// has to be read before the history.
void require_history_not_cut(const std::filesystem::path& folder, const std::optional<KnownHead>& head,
                             const std::vector<HistoryEntry>& history);

}  // namespace animalctl::registry
