#include "registry/registry_files.h"

#include <algorithm>
#include <charconv>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/log.h"
#include "registry/record_reader.h"

namespace animalctl::registry {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kMaxHistoryBytes = std::uint64_t{256} << 20;
constexpr std::uint64_t kMaxRecordBytes = std::uint64_t{4} << 20;
constexpr std::uint64_t kMaxAliasesBytes = 4096;

// "17" is 17; "017", "+17", "17a" and 0 are none.
std::optional<int> version_of_name(const std::string& name) {
  int version = 0;
  const auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), version);
  const bool whole = code == std::errc() && end == name.data() + name.size();
  if (!whole || version < 1 || version > VersionRecord::kMaxVersion || name.front() == '0') return std::nullopt;
  return version;
}

}  // namespace

std::vector<int> version_folders(const fs::path& folder) {
  std::vector<int> versions;
  std::error_code code;
  fs::directory_iterator entries(folder, code);
  if (code == std::errc::no_such_file_or_directory) return versions;
  for (; !code && entries != fs::directory_iterator(); entries.increment(code)) {
    const auto version = version_of_name(entries->path().filename().string());
    std::error_code ignored;
    if (version && entries->is_directory(ignored)) versions.push_back(*version);
  }
  if (code) throw error_from_errno(code.value(), fmt::format("read the folder {}", folder.string()));
  std::sort(versions.begin(), versions.end());
  return versions;
}

std::vector<HistoryEntry> read_history(const fs::path& folder) {
  const fs::path path = folder / kHistoryFile;
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return {};
  return parse_history(read_text_file(path, kMaxHistoryBytes), path.string());
}

std::optional<std::string> refusal_in(std::span<const HistoryEntry> history, int version) {
  std::optional<std::string> reason;
  for (const HistoryEntry& entry : history) {
    if (entry.version != version) continue;
    if (entry.action == "refuse") reason = entry.reason;
    if (entry.action == "alias" && entry.alias == "challenger") reason.reset();
  }
  return reason;
}

ReadRecord read_version(const fs::path& folder, const std::string& model, int version) {
  const fs::path path = folder / fmt::format("{}", version) / kRecordFile;
  std::string text = read_text_file(path, kMaxRecordBytes);
  VersionRecord record = parse_version_record(text, path.string());
  if (record.model != model || record.version != version) {
    throw Error(ErrorCode::DataLoss,
                fmt::format("{} is the record of {} version {}: the folder was moved or its record replaced",
                            path.string(), record.model, record.version));
  }
  return {std::move(text), std::move(record)};
}

std::string aliases_text(const HistoryEntry& head) {
  const auto number = [](std::optional<int> version) {
    return version ? nlohmann::ordered_json(*version) : nlohmann::ordered_json(nullptr);
  };
  nlohmann::ordered_json json;
  json["format"] = 1;
  json["champion"] = number(head.aliases.champion);
  json["challenger"] = number(head.aliases.challenger);
  json["previous"] = number(head.aliases.previous);
  json["sequence"] = head.sequence;
  json["head"] = head.hash.hex();
  return json.dump(2) + "\n";
}

std::optional<KnownHead> read_known_head(const fs::path& folder) {
  const fs::path path = folder / kAliasesFile;
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return std::nullopt;
  try {
    const nlohmann::json json = parse_record_json(read_text_file(path, kMaxAliasesBytes), path.string());
    const RecordReader reader(json, path.string());
    const auto hash = Digest::from_hex(reader.required<std::string>("head"));
    if (hash) return KnownHead{static_cast<std::int64_t>(reader.required<std::uint32_t>("sequence")), *hash};
  } catch (const Error& error) {
    log::warning("aliases.json says nothing; the history does", {{"why", error.what()}});
  }
  return std::nullopt;
}

void require_history_not_cut(const fs::path& folder, const std::optional<KnownHead>& head,
                             const std::vector<HistoryEntry>& history) {
  if (!head || head->sequence < 1) return;
  const auto place = static_cast<std::size_t>(head->sequence);
  if (place <= history.size() && history[place - 1].hash == head->hash) return;
  throw Error(ErrorCode::DataLoss,
              fmt::format("{} is not the history that {} was written from (its entry {} is missing or another): bring "
                          "the right history back, or remove {} to accept this one",
                          (folder / kHistoryFile).string(), kAliasesFile, head->sequence, kAliasesFile));
}

}  // namespace animalctl::registry
