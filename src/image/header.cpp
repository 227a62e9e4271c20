#include "animalctl/image/header.h"

#include <array>

#include "image/header_parsers.h"

namespace animalctl {
namespace {

using image::ByteSpan;
using image::has_text_at;
using namespace std::string_view_literals;

// A format that is recognised only to be refused by name.
struct KnownFormat {
  std::size_t offset;
  std::string_view signature;
  std::string_view name;
};

constexpr std::array kUnreadFormats{
    KnownFormat{0, "GIF8"sv, "GIF"},
    KnownFormat{0, "II*\0"sv, "TIFF"},
    KnownFormat{0, "MM\0*"sv, "TIFF"},
    KnownFormat{0, "II+\0"sv, "BigTIFF"},
    KnownFormat{0, "\x00\x00\x00\x0cJXL \x0d\x0a\x87\x0a"sv, "JPEG XL"},
    KnownFormat{0, "\xff\x0a"sv, "JPEG XL"},
    KnownFormat{0, "\x00\x00\x00\x0cjP  \x0d\x0a\x87\x0a"sv, "JPEG 2000"},
    KnownFormat{0, "\xff\x4f\xff\x51"sv, "JPEG 2000"},
    KnownFormat{4, "ftypavif"sv, "AVIF"},
    KnownFormat{4, "ftypavis"sv, "AVIF"},
    KnownFormat{4, "ftyphei"sv, "HEIF"},
    KnownFormat{4, "ftyphev"sv, "HEIF"},
    KnownFormat{4, "ftypmif1"sv, "HEIF"},
    KnownFormat{4, "ftypmsf1"sv, "HEIF"},
    KnownFormat{4, "ftyp"sv, "MP4 video"},
    KnownFormat{0, "<svg"sv, "SVG"},
    KnownFormat{0, "<?xml"sv, "SVG or other XML"},
    KnownFormat{0, "<!DOCTYPE"sv, "HTML"},
    KnownFormat{0, "<!doctype"sv, "HTML"},
    KnownFormat{0, "<html"sv, "HTML"},
    KnownFormat{0, "%PDF"sv, "PDF"},
    KnownFormat{0, "8BPS"sv, "Photoshop"},
    KnownFormat{0, "PK\x03\x04"sv, "ZIP"},
    KnownFormat{0, "\x00\x00\x01\x00"sv, "ICO"},
    KnownFormat{0, "\x76\x2f\x31\x01"sv, "OpenEXR"},
    KnownFormat{0, "#?RADIANCE"sv, "Radiance HDR"},
    KnownFormat{0, "P5\n"sv, "PGM"},
    KnownFormat{0, "P6\n"sv, "PPM"},
};

Error unknown_format(ByteSpan bytes) {
  if (bytes.empty()) return Error(ErrorCode::DataLoss, "the image file is empty; replace it or remove it");
  for (const KnownFormat& known : kUnreadFormats) {
    if (!has_text_at(bytes, known.offset, known.signature)) continue;
    return Error(ErrorCode::Unimplemented,
                 std::string(known.name) + " files are not read; convert the image to PNG, JPEG, WebP or BMP");
  }
  return Error(ErrorCode::InvalidArgument, "the file is no image of a known format; PNG, JPEG, WebP and BMP are read");
}

}  // namespace

std::string_view to_string(ImageFormat format) {
  switch (format) {
    case ImageFormat::Png:
      return "PNG";
    case ImageFormat::Jpeg:
      return "JPEG";
    case ImageFormat::WebP:
      return "WebP";
    case ImageFormat::Bmp:
      return "BMP";
  }
  return "";
}

std::string_view file_extension(ImageFormat format) {
  switch (format) {
    case ImageFormat::Png:
      return ".png";
    case ImageFormat::Jpeg:
      return ".jpg";
    case ImageFormat::WebP:
      return ".webp";
    case ImageFormat::Bmp:
      return ".bmp";
  }
  return "";
}

Result<ImageHeader> parse_image_header(std::span<const std::byte> bytes) {
  if (has_text_at(bytes, 0, image::kPngSignature)) return image::parse_png_header(bytes);
  if (has_text_at(bytes, 0, "\xff\xd8\xff")) return image::parse_jpeg_header(bytes);
  if (has_text_at(bytes, 0, "RIFF") && has_text_at(bytes, 8, "WEBP")) return image::parse_webp_header(bytes);
  if (has_text_at(bytes, 0, "BM")) return image::parse_bmp_header(bytes);
  return unknown_format(bytes);
}

bool applies_orientation(const ImageHeader& header) {
  const bool turning_format = header.format == ImageFormat::Jpeg || header.format == ImageFormat::Png;
  return turning_format && header.exif_orientation != 1;
}

}  // namespace animalctl
