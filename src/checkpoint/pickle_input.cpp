#include "checkpoint/pickle_input.h"

#include <bit>

#include <fmt/format.h>

#include "animalctl/base/file.h"
#include "checkpoint/read_failure.h"

namespace animalctl::checkpoint {

void PickleInput::require(std::uint64_t size) const {
  if (size > bytes_.size() - position_) {
    throw_damaged(file_,
                  fmt::format("its pickle ends in the middle of an object (byte {} of {})", position_, bytes_.size()));
  }
}

std::uint64_t PickleInput::take_unsigned(std::size_t size) {
  require(size);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    value |= std::to_integer<std::uint64_t>(bytes_[position_ + i]) << (8 * i);
  }
  position_ += size;
  return value;
}

std::int64_t PickleInput::take_long(std::uint64_t size) {
  const std::string_view digits = take_text(size);
  if (digits.empty()) return 0;
  const bool negative = (static_cast<std::uint8_t>(digits.back()) & 0x80) != 0;
  const std::uint8_t sign = negative ? 0xFF : 0x00;
  std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(digits[i]);
    if (i < 8) {
      value &= ~(std::uint64_t{0xFF} << (8 * i));
      value |= std::uint64_t{byte} << (8 * i);
    } else if (byte != sign) {
      throw_damaged(file_, fmt::format("it holds a whole number of {} bytes; numbers of up to 64 bits are read", size));
    }
  }
  const auto number = static_cast<std::int64_t>(value);
  if ((number < 0) != negative) {
    throw_damaged(file_, "it holds a whole number over 64 bits; numbers from -2^63 to 2^63-1 are read");
  }
  return number;
}

double PickleInput::take_double() {
  require(8);
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < 8; ++i) bits = bits << 8 | std::to_integer<std::uint64_t>(bytes_[position_ + i]);
  position_ += 8;
  return std::bit_cast<double>(bits);
}

std::string_view PickleInput::take_text(std::uint64_t size) {
  require(size);
  const std::string_view text = as_text(bytes_.subspan(position_, static_cast<std::size_t>(size)));
  position_ += text.size();
  return text;
}

std::string_view PickleInput::take_line() {
  const std::string_view rest = as_text(bytes_.subspan(position_));
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) require(rest.size() + 1);
  position_ += end + 1;
  return rest.substr(0, end);
}

}  // namespace animalctl::checkpoint
