#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "animalctl/base/result.h"
#include "animalctl/image/header.h"
#include "animalctl/image/image.h"
#include "animalctl/image/limits.h"

namespace animalctl {

// An image that could be decoded, and what was wrong with it all the same.
struct DecodedImage {
  ImageU8 image;
  ImageHeader header;
  // Damage that the decoder repaired by guessing, e.g. "Premature end of JPEG file: the missing part
  // is grey". Empty for a sound file. dataset-check reports a file that has any.
  std::vector<std::string> warnings;
};

// Decodes PNG, JPEG, WebP or BMP bytes to RGB, height × width × 3, 8 bits, with the EXIF orientation
// applied. The pixels equal those of OpenCV 4.6 `cv2.imread(path, cv2.IMREAD_COLOR)` after BGR→RGB:
// grey is repeated, palettes are looked up, alpha is dropped (not blended), 16-bit samples keep
// their high byte, CMYK becomes (C·K, M·K, Y·K)/256 as OpenCV computes it, colour profiles and gamma
// are ignored, and a truncated JPEG is decoded as far as it goes.
// This is the only way from bytes to pixels in the program.
// Errors: those of parse_image_header() and check_decode_limits(), and DataLoss when the data is
// corrupt beyond use, DeadlineExceeded when a JPEG takes longer than allowed.
// Thread-safe; uses the calling thread only.
Result<ImageU8> decode_image(std::span<const std::byte> bytes, const DecodeLimits& limits = {});

// The same, with the header and the warnings.
Result<DecodedImage> decode_image_with_warnings(std::span<const std::byte> bytes, const DecodeLimits& limits = {});

// Keeps OpenCV from starting threads or printing of its own. To be called once, where the engine
// starts, before any other function of this module that uses OpenCV.
void configure_image_library();

// The version of OpenCV that is loaded, e.g. "4.6.0".
std::string image_library_version();

}  // namespace animalctl
