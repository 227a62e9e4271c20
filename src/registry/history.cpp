#include "animalctl/registry/history.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/text.h"
#include "animalctl/base/time_text.h"
#include "registry/record_reader.h"

namespace animalctl::registry {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 6> kActions = {"register", "promote", "rollback", "alias", "refuse", "prune"};
// What stands behind the text that is hashed: ,"hash":"<64 digits>"}
constexpr std::string_view kHashKey = R"(,"hash":")";
constexpr std::string_view kHashEnd = R"("})";
constexpr std::size_t kHexDigits = 64;
constexpr std::size_t kTailBytes = kHashKey.size() + kHexDigits + kHashEnd.size();

[[noreturn]] void fail_line(std::string_view origin, const std::string& what) {
  throw Error(ErrorCode::DataLoss, fmt::format("{}: {}", origin, what));
}

void require_history_text(const char* what, const std::string& text) {
  if (text.size() <= kMaxReasonBytes && is_utf8(text) && text.find('\0') == std::string::npos) return;
  throw Error(
      ErrorCode::InvalidArgument,
      fmt::format("the {} is no text for the history: up to {} bytes of UTF-8 are accepted", what, kMaxReasonBytes));
}

Json number_or_null(std::optional<int> version) {
  return version ? Json(*version) : Json(nullptr);
}

// Everything but the hash, in the order it is written.
std::string body_text(const HistoryEntry& entry) {
  Json json;
  json["sequence"] = entry.sequence;
  json["time"] = entry.time;
  json["action"] = entry.action;
  if (!entry.alias.empty()) json["alias"] = entry.alias;
  json["version"] = number_or_null(entry.version);
  json["champion_before"] = number_or_null(entry.champion_before);
  json["champion_after"] = number_or_null(entry.aliases.champion);
  json["challenger"] = number_or_null(entry.aliases.challenger);
  json["previous"] = number_or_null(entry.aliases.previous);
  if (!entry.record.empty()) json["record"] = entry.record;
  json["reason"] = entry.reason;
  json["by"] = entry.by;
  json["previous_hash"] = entry.previous.hex();
  return json.dump();
}

std::optional<int> version_field(const RecordReader& reader, const char* key) {
  if (reader.find(key) == nullptr) return std::nullopt;
  const int version = reader.required<int>(key);
  if (version < 1 || version > 1'000'000'000) {
    fail_line(reader.origin(), fmt::format("\"{}\" is {}, which is no version", key, version));
  }
  return version;
}

Digest digest_field(const RecordReader& reader, const char* key) {
  const auto digest = Digest::from_hex(reader.required<std::string>(key));
  if (!digest) fail_line(reader.origin(), fmt::format("\"{}\" is no SHA-256", key));
  return *digest;
}

HistoryEntry read_entry(const RecordReader& reader) {
  HistoryEntry entry;
  entry.sequence = static_cast<std::int64_t>(reader.required<std::uint64_t>("sequence"));
  entry.time = reader.required<std::string>("time");
  entry.action = reader.required<std::string>("action");
  entry.alias = reader.optional<std::string>("alias");
  entry.version = version_field(reader, "version");
  entry.champion_before = version_field(reader, "champion_before");
  entry.aliases.champion = version_field(reader, "champion_after");
  entry.aliases.challenger = version_field(reader, "challenger");
  entry.aliases.previous = version_field(reader, "previous");
  entry.record = reader.optional<std::string>("record");
  entry.reason = reader.required<std::string>("reason");
  entry.by = reader.required<std::string>("by");
  entry.previous = digest_field(reader, "previous_hash");
  entry.hash = digest_field(reader, "hash");
  if (entry.sequence < 1) fail_line(reader.origin(), "\"sequence\" is below 1");
  if (!parse_iso_time(entry.time)) fail_line(reader.origin(), fmt::format("\"time\" is \"{}\", no time", entry.time));
  if (std::find(kActions.begin(), kActions.end(), entry.action) == kActions.end()) {
    throw Error(ErrorCode::Unimplemented,
                fmt::format("{}: the action \"{}\" is of a newer program; use a newer animalctl", reader.origin(),
                            entry.action));
  }
  return entry;
}

}  // namespace

std::string seal(HistoryEntry& entry) {
  require_history_text("reason", entry.reason);
  require_history_text("name of who did it", entry.by);
  std::string line = body_text(entry);
  entry.hash = sha256(std::string_view(line));
  line.pop_back();
  return fmt::format("{}{}{}{}\n", line, kHashKey, entry.hash.hex(), kHashEnd);
}

HistoryEntry parse_history_line(std::string_view line, std::string_view origin) {
  const nlohmann::json json = parse_record_json(line, origin);
  HistoryEntry entry = read_entry(RecordReader(json, std::string(origin)));
  const bool last = line.size() > kTailBytes && line.ends_with(kHashEnd) &&
                    line.substr(line.size() - kTailBytes).starts_with(kHashKey);
  if (!last) fail_line(origin, "\"hash\" is not its last member");
  std::string hashed(line.substr(0, line.size() - kTailBytes));
  hashed += '}';
  if (sha256(std::string_view(hashed)) != entry.hash) {
    fail_line(origin, "its SHA-256 is not the one it states: the line was changed after it was written");
  }
  return entry;
}

std::vector<HistoryEntry> parse_history(std::string_view text, std::string_view origin) {
  std::vector<HistoryEntry> entries;
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n', begin)) {
    const std::string place = fmt::format("{}:{}", origin, entries.size() + 1);
    HistoryEntry entry = parse_history_line(text.substr(begin, end - begin), place);
    const Digest expected = entries.empty() ? Digest() : entries.back().hash;
    if (entry.sequence != static_cast<std::int64_t>(entries.size()) + 1 || entry.previous != expected) {
      fail_line(place, "it does not follow from the line before: lines were removed, added or moved");
    }
    const std::optional<int> champion = entries.empty() ? std::nullopt : entries.back().aliases.champion;
    if (entry.champion_before != champion) {
      fail_line(place, "its champion before is not the one after the line before");
    }
    entries.push_back(std::move(entry));
    begin = end + 1;
  }
  return entries;
}

}  // namespace animalctl::registry
