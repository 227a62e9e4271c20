#pragma once

#include "animalctl/image/header.h"
#include "image/byte_reader.h"

namespace animalctl::image {

// One parser a format; each is called only when the signature of its format was seen.
Result<ImageHeader> parse_jpeg_header(ByteSpan bytes);
Result<ImageHeader> parse_png_header(ByteSpan bytes);
Result<ImageHeader> parse_webp_header(ByteSpan bytes);
Result<ImageHeader> parse_bmp_header(ByteSpan bytes);

// The PNG signature (PNG specification, 5.2).
inline constexpr std::string_view kPngSignature{"\x89PNG\r\n\x1a\n", 8};

// The error for a header that is cut or contradicts itself.
inline Error corrupt_header(std::string_view format, std::string_view what) {
  std::string message{format};
  message += " image is corrupt: ";
  message += what;
  message += "; replace the file or remove it";
  return Error(ErrorCode::DataLoss, std::move(message));
}

}  // namespace animalctl::image
