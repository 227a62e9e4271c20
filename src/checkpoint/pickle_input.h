#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace animalctl::checkpoint {

// Takes numbers and text from the front of a pickle; throws DataLoss at its end.
class PickleInput {
 public:
  PickleInput(std::span<const std::byte> bytes, std::string_view file) : bytes_(bytes), file_(file) {}

  // Distance from the beginning, for messages.
  std::size_t position() const { return position_; }

  std::uint8_t take_u8() { return static_cast<std::uint8_t>(take_unsigned(1)); }
  // Little-endian number of 1 to 8 bytes.
  std::uint64_t take_unsigned(std::size_t size);
  // Little-endian two's complement of 0 to 8 bytes (Python's LONG1: no bytes mean 0). Longer ones are read as long
  // as the value fits 64 bits; throws DataLoss when it does not.
  std::int64_t take_long(std::uint64_t size);
  // IEEE 754 binary64, big-endian: the one number in a pickle that is.
  double take_double();
  // A view into the pickle.
  std::string_view take_text(std::uint64_t size);
  // Text up to the next newline, which is taken but not returned.
  std::string_view take_line();

 private:
  void require(std::uint64_t size) const;

  std::span<const std::byte> bytes_;
  std::string_view file_;
  std::size_t position_ = 0;
};

}  // namespace animalctl::checkpoint
