#include "archive/archive_names.h"

#include <fmt/core.h>

#include <algorithm>

#include "animalctl/base/error.h"
#include "animalctl/base/text.h"

namespace animalctl::archive {
namespace {

constexpr std::size_t kLongestPart = 255;  // of Linux's file systems
constexpr std::size_t kLongestName = 1024;
constexpr std::size_t kDeepest = 16;
constexpr std::size_t kLongestWord = 255;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_word(std::string_view word, std::string_view marks) {
  if (word.empty() || word.size() > kLongestWord || !is_letter_or_digit(word.front())) return false;
  return std::all_of(word.begin(), word.end(),
                     [marks](char c) { return is_letter_or_digit(c) || marks.find(c) != std::string_view::npos; });
}

}  // namespace

bool is_model_name(std::string_view name) {
  return is_word(name, "_.-");
}

bool is_model_version(std::string_view version) {
  return is_word(version, "_.-+");
}

void require_model_name(std::string_view name, std::string_view origin) {
  if (is_model_name(name)) return;
  throw Error(
      ErrorCode::InvalidArgument,
      fmt::format("{}: the model name \"{}\" is not accepted; a letter or digit, then letters, digits and _ . - "
                  "are",
                  origin, printable(name)));
}

void require_model_version(std::string_view version, std::string_view origin) {
  if (is_model_version(version)) return;
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("{}: the model version \"{}\" is not accepted; a letter or digit, then letters, digits and "
                          "_ . - + are (1.0)",
                          origin, printable(version)));
}

void MemberNames::refuse(std::string_view raw, std::string_view why) const {
  throw Error(ErrorCode::DataLoss, fmt::format("{}: the member \"{}\" is refused: {}", origin_, printable(raw), why));
}

std::string MemberNames::accept(std::string_view raw, bool is_folder) {
  std::string_view name = raw;
  while (name.starts_with("./")) name.remove_prefix(2);
  if (is_folder && name == ".") return "";
  if (is_folder && name.ends_with('/')) name.remove_suffix(1);
  if (is_folder && name.empty() && !raw.empty() && raw.front() == '.') return "";
  if (name.empty()) refuse(raw, "it has no name");
  if (name.front() == '/') refuse(raw, "its name is absolute");
  if (name.size() > kLongestName) refuse(raw, fmt::format("its name has over {} bytes", kLongestName));
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (name.find('\\') != std::string_view::npos) refuse(raw, "its name has a backslash");
  if (std::any_of(name.begin(), name.end(), is_control)) refuse(raw, "its name has a control character");
  if (!is_utf8(name)) refuse(raw, "its name is not UTF-8");
  const std::vector<std::string> parts = split(name, '/');
  if (parts.size() > kDeepest) refuse(raw, fmt::format("it lies over {} folders deep", kDeepest));
  std::string above;
  for (const std::string& part : parts) {
    if (part.empty() || part == "." || part == "..") refuse(raw, "its name has an empty part, \".\" or \"..\"");
    if (part.size() > kLongestPart) refuse(raw, fmt::format("a part of its name has over {} bytes", kLongestPart));
    if (!above.empty()) {
      if (files_.contains(above)) refuse(raw, fmt::format("\"{}\" is a file already", printable(above)));
      folders_.insert(above);
    }
    above += (above.empty() ? "" : "/") + part;
  }
  std::string result(name);
  if (is_folder) {
    if (files_.contains(result)) refuse(raw, "a file has the same name");
    folders_.insert(result);
    return result;
  }
  if (folders_.contains(result)) refuse(raw, "a folder has the same name");
  if (!files_.insert(result).second) refuse(raw, "it is there twice");
  return result;
}

std::string printable(std::string_view raw) {
  constexpr std::size_t kShown = 80;
  std::string text;
  for (const char c : raw.substr(0, kShown)) {
    const bool plain = c >= 0x20 && c < 0x7F;
    text += plain ? std::string(1, c) : fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
  return raw.size() > kShown ? text + "…" : text;
}

}  // namespace animalctl::archive
