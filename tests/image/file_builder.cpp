#include "image/file_builder.h"

#include <span>

namespace animalctl::test {
namespace {

std::uint8_t low_byte(std::uint32_t value) {
  return static_cast<std::uint8_t>(value & 255);
}

std::uint32_t crc32(const Octets& octets) {
  std::uint32_t crc = 0xFFFFFFFFu;
  for (const std::uint8_t octet : octets) {
    crc ^= octet;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? 0xEDB88320u ^ (crc >> 1) : crc >> 1;
  }
  return ~crc;
}

std::uint32_t adler32(const Octets& octets) {
  std::uint32_t a = 1;
  std::uint32_t b = 0;
  for (const std::uint8_t octet : octets) {
    a = (a + octet) % 65521;
    b = (b + a) % 65521;
  }
  return b << 16 | a;
}

Octets big16(std::uint32_t value) {
  return {low_byte(value >> 8), low_byte(value)};
}

}  // namespace

Bytes to_bytes(const Octets& octets) {
  const auto view = std::as_bytes(std::span(octets));
  return {view.begin(), view.end()};
}

Octets operator+(Octets left, const Octets& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Octets text(std::string_view characters) {
  return {characters.begin(), characters.end()};
}

Octets big32(std::uint32_t value) {
  return big16(value >> 16) + big16(value & 0xFFFF);
}

Octets little16(std::uint32_t value) {
  return {low_byte(value), low_byte(value >> 8)};
}

Octets little32(std::uint32_t value) {
  return little16(value & 0xFFFF) + little16(value >> 16);
}

Octets exif_block(std::uint32_t orientation, bool little_endian) {
  const auto number16 = little_endian ? little16 : big16;
  const auto number32 = little_endian ? little32 : big32;
  return text(little_endian ? "II" : "MM") + number16(42) + number32(8) + number16(1) + number16(0x0112) + number16(3) +
         number32(1) + number16(orientation) + number16(0) + number32(0);
}

Octets png_signature() {
  return text("\x89PNG\r\n\x1a\n");
}

Octets png_chunk(std::string_view type, const Octets& content) {
  const Octets covered = text(type) + content;
  return big32(static_cast<std::uint32_t>(content.size())) + covered + big32(crc32(covered));
}

Octets png_header(std::uint32_t width, std::uint32_t height, std::uint32_t depth, std::uint32_t color_type,
                  std::uint32_t interlace) {
  return png_chunk(
      "IHDR", big32(width) + big32(height) + Octets{low_byte(depth), low_byte(color_type), 0, 0, low_byte(interlace)});
}

Octets png_data(const Octets& rows) {
  const auto size = static_cast<std::uint32_t>(rows.size());
  return png_chunk("IDAT",
                   Octets{0x78, 0x01, 0x01} + little16(size) + little16(~size & 0xFFFF) + rows + big32(adler32(rows)));
}

Octets png_file(const Octets& header, const Octets& rows, const Octets& between) {
  return png_signature() + header + between + png_data(rows) + png_chunk("IEND", {});
}

Octets jpeg_segment(std::uint8_t marker, const Octets& content) {
  return Octets{0xFF, marker} + big16(static_cast<std::uint32_t>(content.size() + 2)) + content;
}

Octets jpeg_frame(std::uint32_t width, std::uint32_t height, std::uint8_t components, std::uint8_t marker,
                  std::uint8_t precision) {
  Octets content = Octets{precision} + big16(height) + big16(width) + Octets{components};
  for (std::uint8_t i = 1; i <= components; ++i) content = content + Octets{i, 0x11, 0};
  return jpeg_segment(marker, content);
}

Octets jpeg_scan(std::uint8_t components) {
  Octets content{components};
  for (std::uint8_t i = 1; i <= components; ++i) content = content + Octets{i, 0};
  return jpeg_segment(0xDA, content + Octets{0, 63, 0}) + Octets{0x12, 0x34};
}

Octets jpeg_file(const Octets& segments) {
  return Octets{0xFF, 0xD8} + segments + Octets{0xFF, 0xD9};
}

Bytes with_exif(const Bytes& jpeg, std::uint32_t orientation) {
  const Bytes segment = to_bytes(jpeg_segment(0xE1, text(std::string_view{"Exif\0\0", 6}) + exif_block(orientation)));
  Bytes result = jpeg;
  result.insert(result.begin() + 2, segment.begin(), segment.end());
  return result;
}

Octets bmp_file(std::int32_t width, std::int32_t height, std::uint32_t bits, const Octets& pixels,
                const Octets& palette) {
  const auto offset = static_cast<std::uint32_t>(54 + palette.size());
  const auto size = static_cast<std::uint32_t>(offset + pixels.size());
  return text("BM") + little32(size) + little32(0) + little32(offset) + little32(40) +
         little32(static_cast<std::uint32_t>(width)) + little32(static_cast<std::uint32_t>(height)) + little16(1) +
         little16(bits) + little32(0) + little32(static_cast<std::uint32_t>(pixels.size())) + little32(0) +
         little32(0) + little32(static_cast<std::uint32_t>(palette.size() / 4)) + little32(0) + palette + pixels;
}

Octets webp_chunk(std::string_view type, const Octets& content) {
  Octets chunk = text(type) + little32(static_cast<std::uint32_t>(content.size())) + content;
  if (content.size() % 2 != 0) chunk.push_back(0);
  return chunk;
}

Octets webp_file(const Octets& chunks) {
  const Octets body = text("WEBP") + chunks;
  return text("RIFF") + little32(static_cast<std::uint32_t>(body.size())) + body;
}

}  // namespace animalctl::test
