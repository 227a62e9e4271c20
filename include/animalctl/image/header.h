#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "animalctl/base/result.h"

namespace animalctl {

// The formats that are read. The content decides, never the file name.
enum class ImageFormat { Png, Jpeg, WebP, Bmp };

// "PNG", "JPEG", "WebP", "BMP".
std::string_view to_string(ImageFormat format);
// ".png", ".jpg", ".webp", ".bmp": what a file of this format is called.
std::string_view file_extension(ImageFormat format);

// What the first bytes and the block structure of an image file say, found without decoding a pixel.
struct ImageHeader {
  ImageFormat format = ImageFormat::Png;
  // Size as stored, before the EXIF orientation is applied; both ≥ 1.
  int width = 0;
  int height = 0;
  // Stored channels: 1 grey or palette, 2 grey + alpha, 3 colour, 4 colour + alpha or CMYK.
  int components = 0;
  // Bits of one stored channel (of one index for palettes): 1, 2, 4, 5, 8 or 16.
  int bits_per_component = 8;
  bool palette = false;
  // Progressive JPEG or interlaced PNG.
  bool progressive = false;
  // JPEG: the number of scans (SOS markers), 0 when the file ends before the first. Others: 1.
  int scan_count = 1;
  // The EXIF orientation tag, 1..8 (TIFF 6.0, tag 274); 1 when absent or unreadable.
  // See applies_orientation() for which formats decoding turns the picture.
  int exif_orientation = 1;
  // False when the file ends early: a JPEG without its end marker, a PNG with a cut chunk or without
  // its end chunk, a WebP shorter than its RIFF size, a BMP shorter than its rows.
  bool complete = true;
  // Upper bound of the bytes that decoding needs beside the 8-bit RGB result: the coefficients of a
  // progressive JPEG, the planes of a WebP, copies of the input.
  std::uint64_t working_bytes = 0;
  // Why `complete` is false, or another remark for a person; empty when there is nothing to say.
  std::string note;
};

// Reads the header of a PNG, JPEG, WebP or BMP image. Looks at block headers only, so the time is
// linear in the size of the file and no memory depends on what the file claims. Thread-safe.
// Errors: DataLoss (empty file; the header is cut or contradicts itself; width or height is 0),
// Unimplemented (a format or variant that is known but not read: GIF, TIFF, HEIF, AVIF, JPEG 2000,
// JPEG XL, SVG, PDF, animated WebP, 12-bit JPEG, …), InvalidArgument (not a known image format).
Result<ImageHeader> parse_image_header(std::span<const std::byte> bytes);

// True when decoding turns the picture as its EXIF orientation says. As OpenCV 4.6's imread does:
// JPEG (only when EXIF is in the first APP1 segment) and PNG; not WebP.
bool applies_orientation(const ImageHeader& header);

}  // namespace animalctl
