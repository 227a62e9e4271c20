#pragma once

#include "animalctl/model/preprocessing.h"

namespace animalctl {

// Throws InvalidArgument unless the images are RGB and at least `least_side` pixels high and wide: an architecture
// that halves its input five times has nothing left of smaller ones.
void require_colour_images(const char* architecture, const Preprocessing& preprocessing, int least_side);

}  // namespace animalctl
