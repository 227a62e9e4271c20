#include "label/page_cursor.h"

#include <algorithm>

#include "animalctl/base/error.h"
#include "animalctl/http/base64.h"

namespace animalctl::label {
namespace {

constexpr char kCursorVersion = 1;
constexpr std::size_t kHead = 2 + 8 + 8;
constexpr std::size_t kLongestText = 512;

void append_number(std::string& bytes, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(number >> shift & 0xff));
}

std::uint64_t number_at(std::string_view bytes, std::size_t place) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i) number = number << 8 | static_cast<unsigned char>(bytes[place + i]);
  return number;
}

[[noreturn]] void refuse(const char* why) {
  throw Error(ErrorCode::InvalidArgument,
              std::string("the cursor ") + why + "; give `next` of the page before as it came, or begin without one");
}

std::string unpacked(std::string_view text) {
  if (text.size() > kLongestText) refuse("is too long");
  std::string standard(text);
  std::replace(standard.begin(), standard.end(), '-', '+');
  std::replace(standard.begin(), standard.end(), '_', '/');
  while (standard.size() % 4 != 0) standard.push_back('=');
  try {
    return http::base64_decode(standard);
  } catch (const Error&) {
    refuse("is none of this server's");
  }
}

}  // namespace

std::string encode_cursor(ItemOrder order, std::uint64_t seed, std::uint64_t key, std::string_view name) {
  std::string bytes = {kCursorVersion, static_cast<char>(order)};
  append_number(bytes, order == ItemOrder::Random ? seed : 0);
  append_number(bytes, key);
  bytes.append(name);
  std::string text = http::base64_encode(bytes);
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  text.erase(text.find_last_not_of('=') + 1);
  return text;
}

PageCursor decode_cursor(std::string_view text, ItemOrder order, std::uint64_t seed) {
  const std::string bytes = unpacked(text);
  if (bytes.size() <= kHead || bytes[0] != kCursorVersion) refuse("is none of this server's");
  if (bytes[1] != static_cast<char>(order)) refuse("belongs to another order");
  if (order == ItemOrder::Random && number_at(bytes, 2) != seed) refuse("belongs to another seed");
  return {number_at(bytes, 10), bytes.substr(kHead)};
}

}  // namespace animalctl::label
