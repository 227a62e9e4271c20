#include "model/image_size.h"

#include <fmt/core.h>

#include <algorithm>

#include "animalctl/base/error.h"

namespace animalctl {

void require_colour_images(const char* architecture, const Preprocessing& preprocessing, int least_side) {
  if (preprocessing.channels != 3) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("{} needs RGB images, its preprocessing says {} channel(s)",
                                                        architecture, preprocessing.channels));
  }
  if (std::min(preprocessing.width, preprocessing.height) < least_side) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("{} needs images of at least {} x {} pixels, not {} x {}; give --image-size", architecture,
                            least_side, least_side, preprocessing.width, preprocessing.height));
  }
}

}  // namespace animalctl
