#pragma once

#include "animalctl/base/random.h"
#include "animalctl/image/image.h"

namespace animalctl {

// How far an image may be changed; each change is drawn uniformly within its range. All zero: no change.
struct AugmentationRange {
  double flip_probability = 0;  // mirror left-right
  double min_area = 1;          // a part of this share of the area to all of it takes the place of the image; 1: all
  double max_rotation_degrees = 0;  // to either side
  double max_zoom = 0;              // scale in [1 − z, 1 + z]
  double max_shift = 0;             // share of width and height, to either side
  double max_brightness = 0;        // factor in [1 − b, 1 + b]
  double max_contrast = 0;          // factor around the mean grey, [1 − c, 1 + c]
  double max_saturation = 0;        // factor around the pixel's grey, [1 − s, 1 + s]
  double erase_probability = 0;     // a grey rectangle of 2 to 20 % of the area
};

// The sets that `train --augment` offers.
AugmentationRange light_augmentation();
AugmentationRange strong_augmentation();
AugmentationRange crop_augmentation();

// Returns a changed copy of an RGB image, same size. The result is a function of the image, the range and the
// stream alone. What is moved in from outside is the mirrored border. Throws InvalidArgument unless the image has
// three channels. Thread-safe.
ImageU8 augment(const ImageU8& image, const AugmentationRange& range, RandomStream& random);

// The same for a range with min_area below 1, straight to width × height: an upright part of the image, at a random
// place, its aspect 3:4 to 4:3 of the image's, resized once (Szegedy et al. 2015; torchvision's RandomResizedCrop).
// Rotation, zoom and shift are not used. Throws InvalidArgument also when a side is below 1.
ImageU8 augment_part(const ImageU8& image, const AugmentationRange& range, RandomStream& random, int width, int height);

}  // namespace animalctl
