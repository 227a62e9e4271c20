#pragma once

#include <optional>
#include <string>
#include <vector>

#include "animalctl/image/decode.h"
#include "animalctl/image/image.h"
#include "animalctl/image/limits.h"
#include "image/byte_reader.h"

namespace animalctl::image {

// Decodes a JPEG to RGB as stored (no EXIF turn) with libjpeg-turbo, straight into `image`, whose memory is used again.
// The smallest size of `how` is meant as stored.
// What libjpeg repairs (cut or damaged data) is told in `warnings`, each kind once, nothing is
// printed. The caller has checked the limits that the header shows; duration and scans are checked
// again while decoding. Errors: DataLoss, DeadlineExceeded, ResourceExhausted. Thread-safe.
std::optional<Error> decode_jpeg(ByteSpan bytes, const ReducedDecoding& how, const DecodeLimits& limits, ImageU8& image,
                                 std::vector<std::string>& warnings);

}  // namespace animalctl::image
