#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "animalctl/label/change.h"

namespace animalctl::label {

inline constexpr std::size_t kMaxChanges = 1000;
inline constexpr std::size_t kMaxPredictionNames = 64;

// One member of "changes": a change, or why it is none (status 400).
using ParsedChange = std::variant<Change, std::string>;

// The body of POST /api/labels. Annotator and origin are left to the caller. A member that is wrong does not spoil the
// others. Throws InvalidArgument when the body is not JSON or has not the form {"changes": [1–1000 objects]}.
std::vector<ParsedChange> parse_changes(std::string_view body);

// The body of the seed's POST /label.
struct SeedLabel {
  std::string filename;
  std::string label;  // "REJECT" moves to the trash
  std::optional<double> score;
  std::optional<int> version;
};
// Throws InvalidArgument: not JSON, no object, no text for label or filename, a score that is no number from 0 to 1, a
// version that is no whole number from 0.
SeedLabel parse_seed_label(std::string_view body);

// {"key": "…"} of POST /api/undo. Throws InvalidArgument; the key's form is checked.
std::string parse_undo_key(std::string_view body);

// {"names": [≤ 64]} of POST /api/predictions, as the files' names. Throws InvalidArgument.
std::vector<std::string> parse_names(std::string_view body);

}  // namespace animalctl::label
