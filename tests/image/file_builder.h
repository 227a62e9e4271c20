#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "animalctl/base/file.h"

// Image files put together byte by byte, so that tests can make every sound and every broken one.
namespace animalctl::test {

using Octets = std::vector<std::uint8_t>;

Bytes to_bytes(const Octets& octets);
Octets operator+(Octets left, const Octets& right);
Octets text(std::string_view characters);
Octets big32(std::uint32_t value);
Octets little16(std::uint32_t value);
Octets little32(std::uint32_t value);

// An EXIF block from its byte order mark on, with the orientation tag only.
Octets exif_block(std::uint32_t orientation, bool little_endian = true);

// PNG: the signature, one chunk with its checksum, a header chunk, rows (each with its filter byte)
// in a zlib stream that stores them.
Octets png_signature();
Octets png_chunk(std::string_view type, const Octets& content);
Octets png_header(std::uint32_t width, std::uint32_t height, std::uint32_t depth, std::uint32_t color_type,
                  std::uint32_t interlace = 0);
Octets png_data(const Octets& rows);
// A whole file; `between` are chunks between header and data.
Octets png_file(const Octets& header, const Octets& rows, const Octets& between = {});

// JPEG: one segment with its length, a frame header (marker C0 baseline, C2 progressive), a scan header
// with two bytes of coded data, and a file of these.
Octets jpeg_segment(std::uint8_t marker, const Octets& content);
Octets jpeg_frame(std::uint32_t width, std::uint32_t height, std::uint8_t components = 3, std::uint8_t marker = 0xC0,
                  std::uint8_t precision = 8);
Octets jpeg_scan(std::uint8_t components = 3);
Octets jpeg_file(const Octets& segments);
// Puts an APP1 segment with EXIF right behind the start marker.
Bytes with_exif(const Bytes& jpeg, std::uint32_t orientation);

// A bottom-up BMP with these pixel bytes; palette entries are blue, green, red, 0.
Octets bmp_file(std::int32_t width, std::int32_t height, std::uint32_t bits, const Octets& pixels,
                const Octets& palette = {});

// A RIFF container with these chunks.
Octets webp_file(const Octets& chunks);
Octets webp_chunk(std::string_view type, const Octets& content);

}  // namespace animalctl::test
