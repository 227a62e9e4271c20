#include <cstdlib>

#include "image/header_parsers.h"

// Layout: BITMAPFILEHEADER (14 bytes) followed by BITMAPCOREHEADER (12) or BITMAPINFOHEADER (40 and more).
namespace animalctl::image {
namespace {

constexpr std::size_t kFileHeader = 14;
constexpr std::uint32_t kCoreHeader = 12;
constexpr std::uint32_t kInfoHeader = 40;
constexpr std::uint32_t kMaxPalette = 256;
constexpr std::uint32_t kRle8 = 1;
constexpr std::uint32_t kRle4 = 2;

bool depth_is_known(std::uint32_t bits) {
  return bits == 1 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32;
}

void set_channels(std::uint32_t bits, ImageHeader& header) {
  header.palette = bits <= 8;
  header.components = header.palette ? 1 : bits == 32 ? 4 : 3;
  header.bits_per_component = header.palette ? static_cast<int>(bits) : bits == 16 ? 5 : 8;
}

}  // namespace

Result<ImageHeader> parse_bmp_header(ByteSpan bytes) {
  if (bytes.size() < kFileHeader + kCoreHeader) return corrupt_header("BMP", "it ends inside its header");
  const std::uint32_t data_offset = little32(bytes, 10);
  const std::uint32_t header_size = little32(bytes, kFileHeader);
  if (header_size != kCoreHeader && header_size < kInfoHeader) {
    return corrupt_header("BMP", "its header has an unknown size");
  }
  if (header_size > bytes.size() - kFileHeader) return corrupt_header("BMP", "it ends inside its header");
  const bool core = header_size == kCoreHeader;
  const std::int64_t width = core ? std::int64_t{little16(bytes, 18)} : static_cast<std::int32_t>(little32(bytes, 18));
  const std::int64_t signed_height =
      core ? std::int64_t{little16(bytes, 20)} : static_cast<std::int32_t>(little32(bytes, 22));
  const std::uint32_t bits = little16(bytes, core ? 24 : 28);
  const std::uint32_t compression = core ? 0 : little32(bytes, 30);
  // Negative height: rows from top to bottom.
  const std::int64_t height = std::abs(signed_height);
  if (width <= 0 || height == 0) return corrupt_header("BMP", "its width or height is 0 or negative");
  if (height > 0x7FFFFFFF) return corrupt_header("BMP", "its height is impossible");
  if (!depth_is_known(bits)) return corrupt_header("BMP", "its bits a pixel are none of 1, 4, 8, 16, 24, 32");
  if (!core && bits <= 8 && little32(bytes, 46) > kMaxPalette) {
    return corrupt_header("BMP", "its palette has more than 256 colours");
  }

  ImageHeader header;
  header.format = ImageFormat::Bmp;
  header.width = static_cast<int>(width);
  header.height = static_cast<int>(height);
  set_channels(bits, header);
  const std::uint64_t row_bytes = (static_cast<std::uint64_t>(width) * bits + 31) / 32 * 4;
  if (compression != kRle8 && compression != kRle4) {
    header.complete =
        data_offset <= bytes.size() && row_bytes <= (bytes.size() - data_offset) / static_cast<std::uint64_t>(height);
    if (!header.complete) header.note = "the BMP is shorter than its rows";
  }
  // OpenCV's BGR picture and two rows.
  header.working_bytes = static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height) * 3 + row_bytes * 2;
  return header;
}

}  // namespace animalctl::image
