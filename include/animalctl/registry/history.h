#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "animalctl/base/digest.h"

namespace animalctl::registry {

// Names for versions: what serves, what may serve next, what served before.
struct Aliases {
  std::optional<int> champion;
  std::optional<int> challenger;
  std::optional<int> previous;
  bool operator==(const Aliases&) const = default;
};

// A line of history.jsonl (docs/formats/registry.md): one thing that happened to a model's versions.
struct HistoryEntry {
  std::int64_t sequence = 0;  // from 1 on, without a gap
  std::string time;           // RFC 3339, UTC
  std::string action;         // "register", "promote", "rollback", "alias", "refuse" or "prune"
  std::string alias;          // with "alias": which one
  std::optional<int>
      version;  // registered, promoted, refused, pruned, the alias's new one; of a rollback the one that is back
  std::optional<int> champion_before;
  Aliases aliases;     // after it
  std::string record;  // with "register": SHA-256 of version.json, so that nobody changes a lineage unseen
  std::string reason;
  std::string by;   // who: a person, "orchestrate", …
  Digest previous;  // hash of the entry before; zeros for the first
  Digest hash;      // of the line without its last member

  std::optional<int> champion_after() const { return aliases.champion; }
};

inline constexpr std::size_t kMaxReasonBytes = 4000;

// Sets entry.hash and gives the line, ending with a newline. Throws InvalidArgument when a text is too long or no
// UTF-8.
std::string seal(HistoryEntry& entry);

// Reads one line without its newline and checks its hash. `origin` names it in messages, which begin with it. Throws
// DataLoss (garbled, another hash) and Unimplemented (an action of a newer program). Thread-safe.
HistoryEntry parse_history_line(std::string_view line, std::string_view origin);

// Reads a whole history: every line's hash, the chain, the sequence, and that each entry starts from where the one
// before ended. What stands after the last newline is a write that was cut off and is left out. Throws as above.
std::vector<HistoryEntry> parse_history(std::string_view text, std::string_view origin);

}  // namespace animalctl::registry
