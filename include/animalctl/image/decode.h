#pragma once

#include <cstddef>
#include <optional>
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

// How a JPEG may be decoded at less than its size, for a reader that makes it smaller anyway: the decoder then leaves
// out the details it would average away, which is several times quicker. Other formats are decoded as always.
struct ReducedDecoding {
  // The result is 1/2, 1/4 or 1/8 of the picture, the smallest that is still at least this large; 0 × 0, or a picture
  // that is not twice as large: as it is. In the picture as it is seen, with the EXIF orientation applied.
  int min_width = 0;
  int min_height = 0;
  // Colours between stored ones are repeated instead of interpolated.
  bool quick = false;
  // One channel, the stored luma, instead of three (of CMYK pictures: three all the same). It differs from to_grey() by
  // rounding, and where colours were cut off.
  bool grey = false;
};

// As decode_image_with_warnings(), into an object that is used again and again, so that pictures of similar size need
// no new memory; what it holds after an error is not said. Width and height of the whole picture are in its header, as
// stored. Returns the error, or nothing.
std::optional<Error> decode_image_reduced(std::span<const std::byte> bytes, const ReducedDecoding& how,
                                          const DecodeLimits& limits, DecodedImage& decoded);

// Keeps OpenCV from starting threads or printing of its own. To be called once, where the engine
// starts, before any other function of this module that uses OpenCV.
void configure_image_library();

// The version of OpenCV that is loaded, e.g. "4.6.0".
std::string image_library_version();

}  // namespace animalctl
