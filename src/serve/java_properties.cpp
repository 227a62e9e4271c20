#include "serve/java_properties.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "animalctl/base/error.h"

namespace animalctl::serve {
namespace {

constexpr std::string_view kSpaces = " \t\f";

// Puts a code point down as UTF-8.
void append_utf8(std::string& out, char32_t code) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | (code >> 6U));
    put(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    put(0xE0U | (code >> 12U));
    put(0x80U | ((code >> 6U) & 0x3FU));
    put(0x80U | (code & 0x3FU));
  } else {
    put(0xF0U | (code >> 18U));
    put(0x80U | ((code >> 12U) & 0x3FU));
    put(0x80U | ((code >> 6U) & 0x3FU));
    put(0x80U | (code & 0x3FU));
  }
}

// How many braces are open after `text`; those inside JSON strings do not count.
class BraceCounter {
 public:
  void read(std::string_view text) {
    for (const char character : text) {
      if (escaped_) {
        escaped_ = false;
      } else if (quoted_ && character == '\\') {
        escaped_ = true;
      } else if (character == '"') {
        quoted_ = !quoted_;
      } else if (!quoted_ && character == '{') {
        ++open_;
      } else if (!quoted_ && character == '}') {
        --open_;
      }
    }
  }
  bool open() const { return open_ > 0; }

 private:
  int open_ = 0;
  bool quoted_ = false;
  bool escaped_ = false;
};

class Parser {
 public:
  Parser(std::string_view text, const std::string& origin) : rest_(text), origin_(origin) {}

  std::vector<Property> run() {
    std::vector<Property> properties;
    while (const auto line = next_line()) {
      const std::string_view content = without_margin(*line);
      if (content.empty() || content.front() == '#' || content.front() == '!') continue;
      const int first = line_;
      properties.push_back(entry(joined(content)));
      properties.back().line = first;
    }
    return properties;
  }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    throw Error(ErrorCode::DataLoss, fmt::format("{} line {}: {}", origin_, line_, what));
  }

  std::optional<std::string_view> next_line() {
    if (rest_.empty()) return std::nullopt;
    ++line_;
    const std::size_t end = rest_.find_first_of("\r\n");
    const std::string_view line = rest_.substr(0, end);
    if (line.find('\0') != std::string_view::npos) fail("holds a NUL byte");
    if (end == std::string_view::npos) {
      rest_ = {};
    } else {
      const bool both = rest_.substr(end).starts_with("\r\n");
      rest_.remove_prefix(end + (both ? 2 : 1));
    }
    return line;
  }

  static std::string_view without_margin(std::string_view line) {
    const std::size_t begin = line.find_first_not_of(kSpaces);
    return begin == std::string_view::npos ? std::string_view() : line.substr(begin);
  }

  static bool goes_on(std::string_view line) {
    std::size_t backslashes = 0;
    while (backslashes < line.size() && line[line.size() - 1 - backslashes] == '\\') ++backslashes;
    return backslashes % 2 == 1;
  }

  // The line with those that a backslash at its end adds.
  std::string joined(std::string_view first) {
    std::string line(first);
    while (goes_on(line)) {
      line.pop_back();
      const auto next = next_line();
      if (!next) break;
      line += without_margin(*next);
    }
    return line;
  }

  Property entry(const std::string& line) {
    Property property;
    std::size_t place = 0;
    property.key = unescape(line, place, true);
    place = skip(line, place, kSpaces);
    if (place < line.size() && (line[place] == '=' || line[place] == ':')) place = skip(line, place + 1, kSpaces);
    // JSON keeps its own backslashes when it stands over several lines: it is not Java's escaping any more.
    BraceCounter braces;
    const std::string_view value = std::string_view(line).substr(place);
    if (value.starts_with('{')) braces.read(value);
    property.value = braces.open() ? json_over_lines(value, braces) : unescape(line, place, false);
    return property;
  }

  std::string json_over_lines(std::string_view first, BraceCounter& braces) {
    std::string value(first);
    const int begun = line_;
    while (braces.open()) {
      const auto next = next_line();
      if (!next) {
        throw Error(ErrorCode::DataLoss, fmt::format("{} line {}: a {{ is opened and never closed", origin_, begun));
      }
      braces.read(*next);
      value += without_margin(*next);
    }
    return value;
  }

  static std::size_t skip(const std::string& line, std::size_t place, std::string_view characters) {
    return std::min(line.find_first_not_of(characters, place), line.size());
  }

  // From `place` to the end of the line, or of the key.
  std::string unescape(const std::string& line, std::size_t& place, bool key) {
    std::string out;
    for (; place < line.size(); ++place) {
      const char character = line[place];
      if (key && (character == '=' || character == ':' || kSpaces.find(character) != std::string_view::npos)) break;
      if (character != '\\') {
        out += character;
        continue;
      }
      if (++place == line.size()) break;
      escape(line, place, out);
    }
    return out;
  }

  // `place` is at the character after the backslash and ends at the last one of the escape.
  void escape(const std::string& line, std::size_t& place, std::string& out) {
    switch (line[place]) {
      case 't':
        out += '\t';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 'f':
        out += '\f';
        break;
      case 'u':
        unicode(line, place, out);
        break;
      default:
        out += line[place];
    }
  }

  void unicode(const std::string& line, std::size_t& place, std::string& out) {
    const char32_t unit = hexadecimal(line, place + 1);
    place += 4;
    if (unit < 0xD800 || unit > 0xDFFF) {
      if (unit == 0) fail("holds a NUL character");
      append_utf8(out, unit);
      return;
    }
    const bool pair = unit < 0xDC00 && std::string_view(line).substr(place + 1).starts_with("\\u");
    const char32_t low = pair ? hexadecimal(line, place + 3) : 0;
    if (low < 0xDC00 || low > 0xDFFF) fail("\\u holds half a surrogate pair");
    append_utf8(out, 0x10000 + ((unit - 0xD800) << 10U) + (low - 0xDC00));
    place += 6;
  }

  char32_t hexadecimal(const std::string& line, std::size_t place) const {
    char32_t value = 0;
    for (std::size_t i = place; i < place + 4; ++i) {
      const char digit = i < line.size() ? line[i] : ' ';
      const std::size_t number = std::string_view("0123456789abcdefABCDEF").find(digit);
      if (number == std::string_view::npos) fail("\\u needs four hexadecimal digits");
      value = value * 16 + static_cast<char32_t>(number < 16 ? number : number - 6);
    }
    return value;
  }

  std::string_view rest_;
  const std::string& origin_;
  int line_ = 0;
};

std::string escaped(std::string_view text, bool key) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char character = text[i];
    switch (character) {
      case '\t':
        out += "\\t";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\\':
        out += "\\\\";
        break;
      case ' ':
        out += key || i == 0 ? "\\ " : " ";
        break;
      case '=':
      case ':':
        out += key ? std::string{'\\', character} : std::string{character};
        break;
      case '#':
      case '!':
        out += key && i == 0 ? std::string{'\\', character} : std::string{character};
        break;
      default:
        out += character;
    }
  }
  return out;
}

}  // namespace

std::vector<Property> parse_properties(std::string_view text, const std::string& origin) {
  return Parser(text, origin).run();
}

std::string format_property(std::string_view key, std::string_view value) {
  std::string text = escaped(value, false);
  BraceCounter braces;
  if (text.starts_with('{')) braces.read(text);
  // An escaped brace opens nothing.
  return escaped(key, true) + "=" + (braces.open() ? "\\" : "") + text;
}

}  // namespace animalctl::serve
