#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace animalctl::serve {

// One entry of a .properties file, in the order of the file; a key may occur more than once.
struct Property {
  std::string key;
  std::string value;
  int line = 0;  // where it begins, from 1

  bool operator==(const Property& other) const { return key == other.key && value == other.value; }
};

// Reads Java's .properties text (java.util.Properties.load): `key=value`, `key:value` or `key value`, comments with
// # or !, a backslash at the end of a line goes on in the next, \t \n \r \f \uXXXX and \c for any other c. Text is
// UTF-8. One thing more than Java: a value that opens a `{` on its line goes on until the brace is closed, so that JSON
// may stand over several lines. Throws DataLoss naming `origin` and the line: a \u without four hexadecimal digits,
// half a surrogate pair, a NUL byte, a brace that is never closed.
std::vector<Property> parse_properties(std::string_view text, const std::string& origin);

// One line that parse_properties() reads back as this key and value, without the line's end.
std::string format_property(std::string_view key, std::string_view value);

}  // namespace animalctl::serve
