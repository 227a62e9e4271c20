#include <cstddef>
#include <cstdint>

#include "animalctl/base/text.h"

namespace animalctl {
namespace {

struct LeadByte {
  std::size_t following;
  std::uint8_t low;  // range of the second byte
  std::uint8_t high;
};

// following = 9 marks a byte that cannot begin a character.
LeadByte classify(std::uint8_t lead) {
  if (lead < 0x80) return {0, 0, 0};
  if (lead < 0xC2) return {9, 0, 0};
  if (lead < 0xE0) return {1, 0x80, 0xBF};
  if (lead == 0xE0) return {2, 0xA0, 0xBF};
  if (lead == 0xED) return {2, 0x80, 0x9F};
  if (lead < 0xF0) return {2, 0x80, 0xBF};
  if (lead == 0xF0) return {3, 0x90, 0xBF};
  if (lead < 0xF4) return {3, 0x80, 0xBF};
  if (lead == 0xF4) return {3, 0x80, 0x8F};
  return {9, 0, 0};
}

}  // namespace

bool is_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const LeadByte lead = classify(static_cast<std::uint8_t>(text[at]));
    ++at;
    if (lead.following > text.size() - at) return false;
    for (std::size_t i = 0; i < lead.following; ++i) {
      const auto byte = static_cast<std::uint8_t>(text[at + i]);
      const std::uint8_t low = i == 0 ? lead.low : 0x80;
      const std::uint8_t high = i == 0 ? lead.high : 0xBF;
      if (byte < low || byte > high) return false;
    }
    at += lead.following;
  }
  return true;
}

}  // namespace animalctl
