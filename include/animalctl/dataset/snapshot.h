#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace animalctl {

// A snapshot lists the frames of one part of a data set at one time: a CSV file with one column named
// frame_filename. Format and what readers tolerate: docs/formats/snapshot-csv.md.

// Reads the rows of a snapshot in their order; a file with a header only gives none. Throws NotFound when
// there is no such file, and what parse_snapshot throws.
std::vector<std::string> read_snapshot(const std::filesystem::path& path);

// The same for text at hand; `origin` names it in messages. Throws DataLoss naming the origin and the line
// when the text is empty, has no column frame_filename, holds a NUL byte, leaves a quote open, or has a row
// without a name. Names are bytes: no encoding is required. Thread-safe.
std::vector<std::string> parse_snapshot(std::string_view text, std::string_view origin);

// The text of a snapshot, as pandas' to_csv(index=False) writes it: names with a comma, a quote or a line
// break are quoted (RFC 4180), lines end with \n.
std::string format_snapshot(std::span<const std::string> rows);

// Writes a snapshot in one durable step (AtomicFile).
void write_snapshot(const std::filesystem::path& path, std::span<const std::string> rows);

}  // namespace animalctl
