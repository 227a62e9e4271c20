#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace animalctl::label {

inline constexpr unsigned kThumbnailSide = 256;

// A smaller JPEG of a JPEG: the longer side is kThumbnailSide to twice that less one (a smaller picture keeps its
// size), quality 80, without any of the original's metadata but its orientation. Shrunk while decoding (libjpeg's DCT
// scaling), so that a camera's photograph costs some 20 ms and a few hundred KiB. Nothing for what is no JPEG, damaged
// beyond reading, CMYK, over the limits of decoding (image/limits.h), or slow (2 s): it is shown as it is. Thread-safe.
std::optional<std::string> jpeg_thumbnail(std::string_view jpeg);

}  // namespace animalctl::label
