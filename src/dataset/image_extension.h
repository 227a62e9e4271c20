#pragma once

#include <string_view>

#include "animalctl/image/header.h"

namespace animalctl {

// True when the name's extension, in any letter case, is one that files of the format have.
bool extension_fits(std::string_view name, ImageFormat format);

// The usual extension of a format: "jpg", "png", "webp" or "bmp".
std::string_view usual_extension(ImageFormat format);

}  // namespace animalctl
