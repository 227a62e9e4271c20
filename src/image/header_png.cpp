#include <optional>

#include "image/exif.h"
#include "image/header_parsers.h"
#include "image/png_container.h"

namespace animalctl::image {
namespace {

constexpr std::size_t kHeaderSize = 13;
constexpr std::uint32_t kLargestSide = 0x7FFFFFFF;

// Channels of the colour types of table 11.1, 0 for a type that does not exist.
int channels_of(std::uint32_t color_type) {
  switch (color_type) {
    case 0:
    case 3:
      return 1;
    case 4:
      return 2;
    case 2:
      return 3;
    case 6:
      return 4;
    default:
      return 0;
  }
}

bool depth_is_allowed(std::uint32_t color_type, std::uint32_t depth) {
  if (depth == 8) return true;
  if (depth == 16) return color_type != 3;
  return (depth == 1 || depth == 2 || depth == 4) && (color_type == 0 || color_type == 3);
}

std::optional<Error> read_header_chunk(const PngChunk& chunk, ImageHeader& header) {
  const ByteSpan content = chunk.content;
  if (chunk.type != kPngHeaderType || content.size() != kHeaderSize) {
    return corrupt_header("PNG", "it does not start with a header chunk");
  }
  if (!chunk.checksum_matches()) return corrupt_header("PNG", "the checksum of its header does not match");
  const std::uint32_t width = big32(content, 0);
  const std::uint32_t height = big32(content, 4);
  const std::uint32_t depth = byte_at(content, 8);
  const std::uint32_t color_type = byte_at(content, 9);
  if (width == 0 || height == 0) return corrupt_header("PNG", "its width or height is 0");
  if (width > kLargestSide || height > kLargestSide) return corrupt_header("PNG", "its width or height is impossible");
  header.components = channels_of(color_type);
  if (header.components == 0) return corrupt_header("PNG", "its colour type does not exist");
  if (!depth_is_allowed(color_type, depth)) return corrupt_header("PNG", "its bit depth does not exist");
  if (byte_at(content, 10) != 0 || byte_at(content, 11) != 0 || byte_at(content, 12) > 1) {
    return corrupt_header("PNG", "its compression, filter or interlace method does not exist");
  }
  header.format = ImageFormat::Png;
  header.width = static_cast<int>(width);
  header.height = static_cast<int>(height);
  header.bits_per_component = static_cast<int>(depth);
  header.palette = color_type == 3;
  header.progressive = byte_at(content, 12) == 1;
  return std::nullopt;
}

// libpng drops a block with a wrong checksum or byte order mark.
int orientation_of(const PngChunk& chunk) {
  const bool known_order = has_text_at(chunk.content, 0, "II") || has_text_at(chunk.content, 0, "MM");
  return known_order && chunk.checksum_matches() ? parse_exif_orientation(chunk.content) : 1;
}

}  // namespace

Result<ImageHeader> parse_png_header(ByteSpan bytes) {
  PngChunkReader reader(bytes);
  ImageHeader header;
  const auto first = reader.next();
  if (!first) return corrupt_header("PNG", "it ends inside its header");
  if (auto failure = read_header_chunk(*first, header)) return std::move(*failure);
  header.complete = false;
  bool seen_exif = false;
  while (const auto chunk = reader.next()) {
    if (chunk->type == kPngEndType) {
      header.complete = true;
      break;
    }
    if (chunk->type == kPngAnimationType) header.note = "an animated PNG: its still image is read";
    if (chunk->type == kPngExifType && !seen_exif) {
      seen_exif = true;
      header.exif_orientation = orientation_of(*chunk);
    }
  }
  if (!header.complete) header.note = "the PNG ends inside a chunk or without its end chunk";
  const std::uint64_t row_bits = static_cast<std::uint64_t>(header.width) *
                                 static_cast<std::uint64_t>(header.components * header.bits_per_component);
  const std::uint64_t pixels = static_cast<std::uint64_t>(header.width) * static_cast<std::uint64_t>(header.height);
  // A copy of the file without ancillary chunks, OpenCV's BGR picture, and fewer than eight rows in libpng.
  header.working_bytes = bytes.size() + pixels * 3 + row_bits + 4096;
  return header;
}

}  // namespace animalctl::image
