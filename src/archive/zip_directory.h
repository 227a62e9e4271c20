#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace animalctl::archive {

// Looks at the list of members at the end of a zip (APPNOTE 4.3.12) for what libarchive does not show: names with a
// NUL, which it cuts there, or a backslash, which it may turn into a slash, and entries that share one place in the
// file. Returns the number of entries, which the reader must then meet, each once. Throws DataLoss, and Unimplemented
// for zip64, which no archive within our limits needs, and for zips in several parts.
std::size_t check_zip_directory(int descriptor, std::uint64_t file_bytes, const std::string& origin);

}  // namespace animalctl::archive
