#include "http/parameters.h"

#include <algorithm>

#include "animalctl/base/text.h"

namespace animalctl::http {
namespace {

bool is_token_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

void skip_space(std::string_view& text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
}

// Takes `"…"` from the front of `text`; nothing when the closing mark is missing.
std::optional<std::string> take_quoted(std::string_view& text) {
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    char c = text[i];
    if (c == '"') {
      text.remove_prefix(i + 1);
      return value;
    }
    const bool escapes = c == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\');
    if (escapes) c = text[++i];
    value += c;
  }
  return std::nullopt;
}

// Takes up to the next ';'. Wider than a token: unquoted file names with spaces are seen in the wild.
std::string take_bare(std::string_view& text) {
  const std::string_view value = text.substr(0, text.find(';'));
  text.remove_prefix(value.size());
  return std::string(trim(value));
}

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
}

std::optional<Parameters> parse_parameters(std::string_view text) {
  Parameters parameters;
  for (skip_space(text); !text.empty(); skip_space(text)) {
    if (text.front() != ';') return std::nullopt;
    text.remove_prefix(1);
    skip_space(text);
    if (text.empty() || text.front() == ';') continue;  // an empty parameter is allowed
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view name = trim(text.substr(0, equals));
    if (!is_token(name)) return std::nullopt;
    text.remove_prefix(equals + 1);
    skip_space(text);
    if (!text.empty() && text.front() == '"') {
      std::optional<std::string> value = take_quoted(text);
      if (!value) return std::nullopt;
      parameters.emplace_back(to_lower(name), std::move(*value));
    } else {
      parameters.emplace_back(to_lower(name), take_bare(text));
    }
  }
  return parameters;
}

std::optional<std::string> find_parameter(const Parameters& parameters, std::string_view name) {
  for (const auto& [key, value] : parameters) {
    if (key == name) return value;
  }
  return std::nullopt;
}

}  // namespace animalctl::http
