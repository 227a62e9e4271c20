#include "http/content_range.h"

#include <charconv>

#include "animalctl/base/text.h"

namespace animalctl::http {

std::optional<std::uint64_t> parse_length(std::string_view text) {
  text = trim(text);
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, value);
  if (code != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::optional<ContentRange> parse_content_range(std::string_view text) {
  text = trim(text);
  constexpr std::string_view kUnit = "bytes ";
  if (to_lower(text.substr(0, kUnit.size())) != kUnit) return std::nullopt;
  text.remove_prefix(kUnit.size());
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  ContentRange range;
  const std::string_view total = text.substr(slash + 1);
  if (total != "*") {
    range.total = parse_length(total);
    if (!range.total) return std::nullopt;
  }
  const std::string_view bytes = text.substr(0, slash);
  if (bytes == "*") return range;
  const std::size_t dash = bytes.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  range.first = parse_length(bytes.substr(0, dash));
  const auto last = parse_length(bytes.substr(dash + 1));
  if (!range.first || !last || *last < *range.first || (range.total && *last >= *range.total)) return std::nullopt;
  return range;
}

}  // namespace animalctl::http
