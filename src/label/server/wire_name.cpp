#include "label/server/wire_name.h"

#include "animalctl/base/text.h"

namespace animalctl::label {
namespace {

constexpr std::string_view kPrefix = "hex:";
constexpr std::string_view kDigits = "0123456789abcdef";

}  // namespace

std::string wire_name(std::string_view name) {
  if (is_utf8(name) && !name.starts_with(kPrefix)) return std::string(name);
  std::string wire(kPrefix);
  for (const char c : name) {
    wire += kDigits[static_cast<unsigned char>(c) >> 4U];
    wire += kDigits[static_cast<unsigned char>(c) & 15U];
  }
  return wire;
}

std::string file_name_of(std::string_view wire) {
  if (!wire.starts_with(kPrefix) || wire.size() % 2 != 0) return std::string(wire);
  const std::string_view digits = wire.substr(kPrefix.size());
  std::string name;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const std::size_t high = kDigits.find(digits[i]);
    const std::size_t low = kDigits.find(digits[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::string(wire);
    name += static_cast<char>(high * 16 + low);
  }
  return name;
}

}  // namespace animalctl::label
