#pragma once

#include <string>
#include <vector>

#include "animalctl/base/result.h"
#include "animalctl/image/image.h"
#include "animalctl/image/limits.h"
#include "image/byte_reader.h"

namespace animalctl::image {

// Decodes a JPEG to RGB as stored (no EXIF turn) with libjpeg-turbo, straight into the result.
// What libjpeg repairs (cut or damaged data) is told in `warnings`, each kind once, nothing is
// printed. The caller has checked the limits that the header shows; duration and scans are checked
// again while decoding. Errors: DataLoss, DeadlineExceeded, ResourceExhausted. Thread-safe.
Result<ImageU8> decode_jpeg(ByteSpan bytes, const DecodeLimits& limits, std::vector<std::string>& warnings);

}  // namespace animalctl::image
