#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace animalctl {

struct CsvRow {
  std::size_t line = 0;  // of the text, 1-based, where the row begins
  std::vector<std::string> fields;
};

// Parses comma-separated text by RFC 4180 (libcsv, strict) and calls `on_row` for each row; blank lines are
// passed over, a UTF-8 byte order mark is ignored, lines may end with \n or \r\n, spaces belong to the
// field. Throws DataLoss naming `origin` and the line when the text holds a NUL byte, a quote is left open,
// or a quote stands where none may.
void parse_csv(std::string_view text, std::string_view origin, const std::function<void(CsvRow&)>& on_row);

// A field as CSV needs it: quoted when it holds a comma, a quote or a line break, or is empty.
std::string csv_field(std::string_view field);

}  // namespace animalctl
