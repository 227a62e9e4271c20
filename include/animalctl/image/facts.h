#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace animalctl {

// What dataset-check and dataset-split --stable need to know of one image; plain, so that the code
// that uses it needs no decoder.
struct ImageFacts {
  int width = 0;                      // pixels, EXIF orientation applied
  int height = 0;                     // pixels
  std::string format;                 // "png", "jpeg", "webp" or "bmp", by content
  std::uint64_t perceptual_hash = 0;  // image/perceptual_hash.h
  std::vector<std::string> warnings;  // e.g. "premature end of JPEG file": decodable, but damaged
};

}  // namespace animalctl
