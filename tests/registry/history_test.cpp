#include "animalctl/registry/history.h"

#include <string>
#include <vector>

#include "support/catch_compat.h"

namespace animalctl::registry {
namespace {

using test::contains;
using test::require_error;

// Three lines, chained.
std::vector<std::string> sample_lines() {
  std::vector<std::string> lines;
  HistoryEntry entry;
  entry.time = "2026-11-26T03:00:00.000Z";
  entry.by = "anna";
  for (int i = 1; i <= 3; ++i) {
    entry.sequence = i;
    entry.action = i == 1 ? "register" : "promote";
    entry.version = i == 3 ? 2 : 1;
    entry.champion_before = entry.aliases.champion;
    entry.aliases.previous = entry.aliases.champion;
    entry.aliases.champion = i == 1 ? std::nullopt : std::optional<int>(i - 1);
    entry.reason = "d\u00e9cision \"" + std::to_string(i) + "\"\n";
    lines.push_back(seal(entry));
    entry.previous = entry.hash;
  }
  return lines;
}

TEST_CASE("a history reads back as it was written, each line with the hash of the one before", "[registry]") {
  const std::vector<std::string> lines = sample_lines();
  const auto entries = parse_history(lines[0] + lines[1] + lines[2], "h");
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].previous == Digest());
  CHECK(entries[2].previous == entries[1].hash);
  CHECK(entries[1].reason == "d\u00e9cision \"2\"\n");
  CHECK(entries[2].champion_before == 1);
  CHECK(entries[2].champion_after() == 2);
  CHECK(entries[2].aliases.previous == 1);
  // The hash is of the line without its last member: any shell can check it.
  const std::string& line = lines[0];
  const std::size_t tail = line.find(",\"hash\":");
  CHECK(sha256(std::string_view(line.substr(0, tail) + "}")) == entries[0].hash);
}

TEST_CASE("a line that was cut off by a crash is left out", "[registry]") {
  const std::vector<std::string> lines = sample_lines();
  CHECK(parse_history("", "h").empty());
  for (std::size_t kept = 0; kept < lines[2].size(); ++kept) {
    CHECK(parse_history(lines[0] + lines[1] + lines[2].substr(0, kept), "h").size() == 2);
  }
}

TEST_CASE("a history that was changed is refused with the line", "[registry]") {
  const std::vector<std::string> lines = sample_lines();
  const auto refuse = [](const char* words, const std::string& text) {
    require_error(ErrorCode::DataLoss, words, [&] { parse_history(text, "h"); });
  };
  refuse("h:2: it does not follow", lines[0] + lines[2]);
  refuse("h:1: it does not follow", lines[1]);
  refuse("h:2: it does not follow", lines[0] + lines[0]);
  std::string changed = lines[1];
  changed.replace(changed.find("anna"), 4, "otto");
  refuse("h:2: its SHA-256 is not", lines[0] + changed + lines[2]);
  changed = lines[1];
  changed.erase(changed.size() - 4, 1);
  refuse("h:2: \"hash\"", lines[0] + changed);
  refuse("h:1 is not JSON", "\n");
  refuse("is no version", R"({"sequence":1,"time":"2026-11-26T03:00:00Z","action":"promote","version":0})"
                          "\n");
}

TEST_CASE("a chain whose champions do not meet is refused", "[registry]") {
  const std::vector<std::string> lines = sample_lines();
  HistoryEntry entry = parse_history(lines[0], "h").front();
  entry.previous = entry.hash;
  entry.sequence = 2;
  entry.champion_before = 9;
  require_error(ErrorCode::DataLoss, "champion before", [&] { parse_history(lines[0] + seal(entry), "h"); });
}

TEST_CASE("single lines are refused for what is wrong with them", "[registry]") {
  HistoryEntry entry = parse_history(sample_lines()[0], "h").front();
  const auto refuse = [](ErrorCode code, const char* words, HistoryEntry changed) {
    std::string line = seal(changed);
    line.pop_back();
    require_error(code, words, [&] { parse_history_line(line, "h:1"); });
  };
  HistoryEntry other = entry;
  other.action = "celebrate";
  refuse(ErrorCode::Unimplemented, "celebrate", other);
  other = entry;
  other.time = "yesterday";
  refuse(ErrorCode::DataLoss, "no time", other);
  other = entry;
  other.sequence = 0;
  refuse(ErrorCode::DataLoss, "below 1", other);
  std::string line = seal(entry);
  line.insert(line.size() - 2, " ");
  line.pop_back();
  require_error(ErrorCode::DataLoss, "not its last member", [&] { parse_history_line(line, "h:1"); });
}

TEST_CASE("a reason that the history cannot hold is refused before it is written", "[registry]") {
  HistoryEntry entry;
  entry.reason = std::string(kMaxReasonBytes + 1, 'x');
  require_error(ErrorCode::InvalidArgument, "the reason", [&] { seal(entry); });
  entry.reason = "\xff";
  require_error(ErrorCode::InvalidArgument, "UTF-8", [&] { seal(entry); });
  entry.reason = "why";
  entry.by = std::string("a\0b", 3);
  require_error(ErrorCode::InvalidArgument, "who did it", [&] { seal(entry); });
}

}  // namespace
}  // namespace animalctl::registry
