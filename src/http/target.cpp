#include "http/target.h"

#include <fmt/core.h>

#include <algorithm>

#include "animalctl/base/text.h"

namespace animalctl::http {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

namespace {

// Valid UTF-8 without control characters.
bool is_text(std::string_view text) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  return is_utf8(text) && std::none_of(text.begin(), text.end(), is_control);
}

enum class Kind { Path, Query };

// A slash inside a segment is none between segments, and a file's name may hold a line end, which no line of a log may.
bool stays_a_code(char value) {
  return value == '/' || value == '%' || (value > 0 && value < 0x20) || value == 0x7F;
}

std::optional<std::string> decode(std::string_view text, Kind kind) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '+' && kind == Kind::Query) {
      decoded += ' ';
      continue;
    }
    if (c != '%') {
      decoded += c;
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    const char value = static_cast<char>(high * 16 + low);
    if (kind == Kind::Path && stays_a_code(value)) {
      decoded += fmt::format("%{:02X}", static_cast<unsigned char>(value));
    } else {
      decoded += value;
    }
    i += 2;
  }
  if (!is_text(decoded)) return std::nullopt;
  return decoded;
}

// "http://host:80/path" → "/path"; proxies may send it (RFC 9112 §3.2.2).
std::string_view without_authority(std::string_view target) {
  const std::size_t scheme = target.find("://");
  if (scheme == std::string_view::npos) return target;
  const std::string name = to_lower(target.substr(0, scheme));
  if (name != "http" && name != "https") return target;
  target.remove_prefix(scheme + 3);
  target.remove_prefix(std::min(target.find_first_of("/?"), target.size()));
  return target.empty() ? "/" : target;
}

}  // namespace

std::optional<Target> parse_target(std::string_view target) {
  if (target == "*") return Target{"*", {}};
  if (!target.starts_with('/')) target = without_authority(target);
  if (!target.starts_with('/') || target.find('#') != std::string_view::npos) return std::nullopt;
  const std::size_t mark = std::min(target.find('?'), target.size());
  std::optional<std::string> path = decode(target.substr(0, mark), Kind::Path);
  if (!path) return std::nullopt;
  Target result{std::move(*path), {}};
  std::string_view rest = target.substr(std::min(mark + 1, target.size()));
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::optional<std::string> key = decode(pair.substr(0, equals), Kind::Query);
    std::optional<std::string> value = decode(pair.substr(std::min(equals + 1, pair.size())), Kind::Query);
    if (!key || !value) return std::nullopt;
    result.query.emplace_back(std::move(*key), std::move(*value));
  }
  return result;
}

std::string decode_kept(std::string_view segment) {
  std::string decoded;
  decoded.reserve(segment.size());
  for (std::size_t i = 0; i < segment.size(); ++i) {
    const int high = segment[i] == '%' && i + 2 < segment.size() ? hex_digit(segment[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(segment[i + 2]) : -1;
    const char value = static_cast<char>(high * 16 + low);
    if (low >= 0 && stays_a_code(value)) {
      decoded += value;
      i += 2;
    } else {
      decoded += segment[i];
    }
  }
  return decoded;
}

}  // namespace animalctl::http
