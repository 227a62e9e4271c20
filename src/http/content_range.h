#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace animalctl::http {

// A Content-Range header (RFC 9110 §14.4): "bytes 10-99/100", "bytes 10-99/*", or, with status 416, "bytes */100".
struct ContentRange {
  std::optional<std::uint64_t> first;
  std::optional<std::uint64_t> total;
};

// Nothing when the text has another form or contradicts itself.
std::optional<ContentRange> parse_content_range(std::string_view text);

// A number of decimal digits only; nothing for anything else, or when it does not fit.
std::optional<std::uint64_t> parse_length(std::string_view text);

}  // namespace animalctl::http
