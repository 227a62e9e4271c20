#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace animalctl::image {

using ByteSpan = std::span<const std::byte>;

// Numbers at an offset. The caller has checked that they lie within the span.
inline std::uint32_t byte_at(ByteSpan bytes, std::size_t offset) {
  return std::to_integer<std::uint32_t>(bytes[offset]);
}

inline std::uint32_t big16(ByteSpan bytes, std::size_t offset) {
  return byte_at(bytes, offset) << 8 | byte_at(bytes, offset + 1);
}

inline std::uint32_t big32(ByteSpan bytes, std::size_t offset) {
  return big16(bytes, offset) << 16 | big16(bytes, offset + 2);
}

inline std::uint32_t little16(ByteSpan bytes, std::size_t offset) {
  return byte_at(bytes, offset + 1) << 8 | byte_at(bytes, offset);
}

inline std::uint32_t little24(ByteSpan bytes, std::size_t offset) {
  return byte_at(bytes, offset + 2) << 16 | little16(bytes, offset);
}

inline std::uint32_t little32(ByteSpan bytes, std::size_t offset) {
  return little16(bytes, offset + 2) << 16 | little16(bytes, offset);
}

// True when `text` stands at `offset`; false when the span ends before.
inline bool has_text_at(ByteSpan bytes, std::size_t offset, std::string_view text) {
  return offset <= bytes.size() && bytes.size() - offset >= text.size() &&
         std::memcmp(bytes.data() + offset, text.data(), text.size()) == 0;
}

}  // namespace animalctl::image
