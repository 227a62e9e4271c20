#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace animalctl::http {

struct Target {
  std::string path;  // decoded, but slashes (%2F), percents (%25) and control characters stay as codes
  std::vector<std::pair<std::string, std::string>> query;
};

// Reads a request target (RFC 9112 §3.2): "/path?query", "http://host/path?query", or "*". Nothing when it has another
// form, a bad percent code, NUL or no valid UTF-8 behind the codes, or in the query a control character. In the query
// '+' is a space.
std::optional<Target> parse_target(std::string_view target);

// The value of a hexadecimal digit, -1 of any other character.
int hex_digit(char c);

// Decodes the codes that parse_target leaves in a path.
std::string decode_kept(std::string_view segment);

}  // namespace animalctl::http
