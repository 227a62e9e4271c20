#include "animalctl/base/bfloat16_text.h"

#include <bit>
#include <cmath>
#include <cstdint>

#include "animalctl/base/error.h"

namespace animalctl {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::size_t kDigits = 4;

int digit_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

std::uint32_t upper_half(float number) {
  const auto bits = std::bit_cast<std::uint32_t>(number);
  const std::uint32_t to_even = (bits >> 16) & 1;
  return (bits + 0x7fff + to_even) >> 16;
}

bool is_finite(std::uint32_t half) {
  return (half & 0x7f80) != 0x7f80;
}

}  // namespace

std::string bfloat16_text(std::span<const float> numbers) {
  std::string text;
  text.reserve(numbers.size() * kDigits);
  for (const float number : numbers) {
    const std::uint32_t half = std::isfinite(number) ? upper_half(number) : 0x7f80;
    if (!is_finite(half)) throw Error(ErrorCode::InvalidArgument, "a number is too large or not finite for bfloat16");
    for (int shift = 12; shift >= 0; shift -= 4) text += kHexDigits[(half >> shift) & 15];
  }
  return text;
}

std::optional<std::vector<float>> parse_bfloat16_text(std::string_view text) {
  if (text.size() % kDigits != 0) return std::nullopt;
  std::vector<float> numbers;
  numbers.reserve(text.size() / kDigits);
  for (std::size_t begin = 0; begin < text.size(); begin += kDigits) {
    std::uint32_t half = 0;
    for (const char digit : text.substr(begin, kDigits)) {
      const int value = digit_value(digit);
      if (value < 0) return std::nullopt;
      half = half * 16 + static_cast<std::uint32_t>(value);
    }
    if (!is_finite(half)) return std::nullopt;
    numbers.push_back(std::bit_cast<float>(half << 16));
  }
  return numbers;
}

}  // namespace animalctl
