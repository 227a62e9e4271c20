#pragma once

#include "image/byte_reader.h"

namespace animalctl::image {

// Returns the orientation 1..8 of an EXIF block that starts with its byte order mark ("II" or "MM"),
// 1 when it holds none. Reads the first directory only and gives up at the same broken entries as
// OpenCV 4.6 (modules/imgcodecs/src/exif.cpp), so that both turn the same pictures.
int parse_exif_orientation(ByteSpan tiff);

}  // namespace animalctl::image
