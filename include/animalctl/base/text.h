#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace animalctl {

// ASCII only; other bytes pass unchanged, so UTF-8 stays whole.
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);
std::string_view trim(std::string_view text);

// True when the text is well-formed UTF-8 (Unicode 15, table 3-7): no overlong forms, no surrogates.
bool is_utf8(std::string_view text);

// Splits at every `separator`; "a,,b" has three parts, "" has one.
std::vector<std::string> split(std::string_view text, char separator);

// The shortest decimal that reads back as the same double, written as Python's repr does: "1.0",
// "0.374296", "1e-05", "nan". The seed's printed lines and CSVs depend on this form.
std::string python_float(double value);

// The candidate nearest to `word` by edit distance (insert, delete, substitute, swap of neighbours),
// or nothing when none is within two edits or a third of the word's length.
std::optional<std::string> nearest_spelling(std::string_view word, std::span<const std::string> candidates);

// 1536 → "1.5 KiB".
std::string human_bytes(double bytes);

}  // namespace animalctl
