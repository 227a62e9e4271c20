#include "animalctl/http/base64.h"

#include <fmt/core.h>
#include <openssl/evp.h>

#include <algorithm>

#include "animalctl/base/error.h"

namespace animalctl::http {
namespace {

// OpenSSL counts in int: long texts go through it in pieces of whole groups.
constexpr std::size_t kGroupsAtOnce = std::size_t{1} << 22;

const unsigned char* octets(const void* bytes) {
  return static_cast<const unsigned char*>(bytes);
}

bool in_alphabet(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

[[noreturn]] void refuse_base64(std::string_view text) {
  const auto bad = std::find_if_not(text.begin(), text.end(), in_alphabet);
  const auto position = static_cast<std::size_t>(bad - text.begin());
  // Padding that stands where it may is not what is wrong.
  const bool is_padding = bad != text.end() && *bad == '=' && text.size() - position <= 2 &&
                          text.find_first_not_of('=', position) == std::string_view::npos;
  if (bad == text.end() || is_padding) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("not base64: {} characters, but it comes in groups of four, filled up with '='; was the "
                            "text cut off?",
                            text.size()));
  }
  const auto code = static_cast<unsigned char>(*bad);
  const std::string shown = code > 0x20 && code < 0x7F ? fmt::format("'{}'", *bad) : fmt::format("the byte {}", code);
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("not base64: character {} is {}; A–Z, a–z, 0–9, '+' and '/' are accepted, '=' at the end",
                          position + 1, shown));
}

}  // namespace

std::string base64_encode(std::span<const std::byte> bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL writes a NUL behind the text
  auto* to = reinterpret_cast<unsigned char*>(text.data());
  while (!bytes.empty()) {
    const std::size_t count = std::min(bytes.size(), kGroupsAtOnce * 3);
    to += EVP_EncodeBlock(to, octets(bytes.data()), static_cast<int>(count));
    bytes = bytes.subspan(count);
  }
  text.pop_back();
  return text;
}

std::string base64_encode(std::string_view bytes) {
  return base64_encode(std::as_bytes(std::span(bytes)));
}

std::string base64_decode(std::string_view text) {
  if (text.empty()) return {};
  // OpenSSL skips white space at the ends and takes '=' anywhere for a zero: neither is ours to accept.
  const std::size_t first_padding = text.find('=');
  const std::size_t padding = first_padding == std::string_view::npos ? 0 : text.size() - first_padding;
  const bool padded_well = padding == 0 || padding == 1 || (padding == 2 && text.back() == '=');
  if (text.size() % 4 != 0 || !padded_well) refuse_base64(text);
  std::string bytes(text.size() / 4 * 3, '\0');
  auto* to = reinterpret_cast<unsigned char*>(bytes.data());
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view piece = rest.substr(0, kGroupsAtOnce * 4);
    // The count shows what was skipped.
    const int count = EVP_DecodeBlock(to, octets(piece.data()), static_cast<int>(piece.size()));
    if (count < 0 || static_cast<std::size_t>(count) != piece.size() / 4 * 3) refuse_base64(text);
    to += count;
    rest.remove_prefix(piece.size());
  }
  bytes.resize(bytes.size() - padding);
  return bytes;
}

}  // namespace animalctl::http
