#include <optional>

#include "image/exif.h"
#include "image/header_parsers.h"

// Container: "WebP Container Specification" (RIFF chunks VP8X, VP8, VP8L, ALPH, EXIF, ANIM).
namespace animalctl::image {
namespace {

constexpr std::size_t kRiffHeader = 12;
constexpr std::size_t kChunkHeader = 8;

struct WebPBlocks {
  ByteSpan extended;
  ByteSpan lossy;
  ByteSpan lossless;
  ByteSpan exif;
  bool alpha_plane = false;
  bool animated = false;
  bool cut = false;
};

WebPBlocks read_blocks(ByteSpan bytes) {
  WebPBlocks blocks;
  const std::uint64_t riff_end = std::uint64_t{little32(bytes, 4)} + 8;
  blocks.cut = riff_end > bytes.size();
  std::size_t position = kRiffHeader;
  while (bytes.size() - position >= kChunkHeader && position < riff_end) {
    const std::size_t stored = little32(bytes, position + 4);
    const std::size_t available = bytes.size() - position - kChunkHeader;
    const std::size_t length = stored < available ? stored : available;
    const ByteSpan content = bytes.subspan(position + kChunkHeader, length);
    if (has_text_at(bytes, position, "VP8X")) blocks.extended = content;
    if (has_text_at(bytes, position, "VP8 ") && blocks.lossy.empty()) blocks.lossy = content;
    if (has_text_at(bytes, position, "VP8L") && blocks.lossless.empty()) blocks.lossless = content;
    if (has_text_at(bytes, position, "EXIF") && blocks.exif.empty()) blocks.exif = content;
    if (has_text_at(bytes, position, "ALPH")) blocks.alpha_plane = true;
    if (has_text_at(bytes, position, "ANIM") || has_text_at(bytes, position, "ANMF")) blocks.animated = true;
    if (stored > available) {
      blocks.cut = true;
      break;
    }
    position += kChunkHeader + length + ((length & 1) != 0 && length < available ? 1 : 0);
  }
  return blocks;
}

std::optional<Error> read_lossy(ByteSpan frame, ImageHeader& header) {
  // RFC 6386, 9.1: frame tag of 3 bytes, start code 9D 01 2A, then 14 bits of width and of height.
  if (frame.size() < 10 || byte_at(frame, 3) != 0x9D || byte_at(frame, 4) != 0x01 || byte_at(frame, 5) != 0x2A) {
    return corrupt_header("WebP", "its VP8 frame header is not valid");
  }
  header.width = static_cast<int>(little16(frame, 6) & 0x3FFF);
  header.height = static_cast<int>(little16(frame, 8) & 0x3FFF);
  header.components = 3;
  return std::nullopt;
}

std::optional<Error> read_lossless(ByteSpan frame, ImageHeader& header) {
  // WebP lossless specification, 3: signature 2F, 14 bits width - 1, 14 bits height - 1, alpha hint.
  if (frame.size() < 5 || byte_at(frame, 0) != 0x2F) {
    return corrupt_header("WebP", "its VP8L header is not valid");
  }
  const std::uint32_t packed = little32(frame, 1);
  header.width = static_cast<int>((packed & 0x3FFF) + 1);
  header.height = static_cast<int>((packed >> 14 & 0x3FFF) + 1);
  header.components = (packed >> 28 & 1) != 0 ? 4 : 3;
  return std::nullopt;
}

int orientation_of(ByteSpan exif) {
  const bool has_prefix = has_text_at(exif, 0, std::string_view{"Exif\0\0", 6});
  return parse_exif_orientation(has_prefix ? exif.subspan(6) : exif);
}

}  // namespace

Result<ImageHeader> parse_webp_header(ByteSpan bytes) {
  const WebPBlocks blocks = read_blocks(bytes);
  ImageHeader header;
  header.format = ImageFormat::WebP;
  const bool flag_animated = !blocks.extended.empty() && (byte_at(blocks.extended, 0) & 0x02) != 0;
  if (blocks.animated || flag_animated) {
    return Error(ErrorCode::Unimplemented, "an animated WebP is not read; save one frame of it as PNG, JPEG or WebP");
  }
  if (blocks.lossy.empty() && blocks.lossless.empty()) return corrupt_header("WebP", "it has no image data");
  auto failure = blocks.lossy.empty() ? read_lossless(blocks.lossless, header) : read_lossy(blocks.lossy, header);
  if (failure) return std::move(*failure);
  if (header.width == 0 || header.height == 0) return corrupt_header("WebP", "its width or height is 0");
  const bool flag_alpha = !blocks.extended.empty() && (byte_at(blocks.extended, 0) & 0x10) != 0;
  if (blocks.alpha_plane || flag_alpha) header.components = 4;
  header.exif_orientation = orientation_of(blocks.exif);
  header.complete = !blocks.cut;
  if (blocks.cut) header.note = "the WebP ends before the size its header gives";

  const std::uint64_t pixels = static_cast<std::uint64_t>(header.width) * static_cast<std::uint64_t>(header.height);
  // OpenCV's BGR picture; libwebp keeps 4 bytes a pixel for a lossless picture or alpha plane, and OpenCV
  // decodes to BGRA first when there is alpha.
  const bool lossless_plane = blocks.lossy.empty() || header.components == 4;
  header.working_bytes = bytes.size() + pixels * 3 + pixels * (lossless_plane ? 4 : 0) +
                         pixels * (header.components == 4 ? 5 : 0) + static_cast<std::uint64_t>(header.width) * 64;
  return header;
}

}  // namespace animalctl::image
