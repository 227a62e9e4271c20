#pragma once

#include "animalctl/base/file.h"
#include "animalctl/image/image.h"

namespace animalctl {

// All functions here take images of 1 or 3 channels, throw InvalidArgument for an empty or
// inconsistent image, and are thread-safe; each uses the calling thread only.

// Returns the image at width × height, each pixel the mean of the area it covers: equal bit for bit
// to OpenCV's cv::resize(…, INTER_AREA) (which interpolates linearly where it enlarges).
// Throws InvalidArgument when width or height is not in 1..65535.
ImageU8 resize_area(const ImageU8& image, int width, int height);

// Returns the centre of the image at width × height: the largest centred rectangle of that aspect, its sides times
// `share`, resized like resize_area(). Throws InvalidArgument also when share is not in (0, 1].
ImageU8 resize_centre(const ImageU8& image, int width, int height, double share = 1);

// Returns the image with its longer side at most `longest_side`, the aspect kept to the pixel; a smaller image as it
// is. Throws InvalidArgument when longest_side is below 1.
ImageU8 resize_within(const ImageU8& image, int longest_side);

// Returns the luma of an RGB image, height × width × 1: (4899 R + 9617 G + 1868 B + 8192) >> 14, equal
// bit for bit to OpenCV's COLOR_RGB2GRAY (and to COLOR_BGR2GRAY of the same picture as BGR). A grey
// image is returned as it is.
ImageU8 to_grey(const ImageU8& image);

// Returns a PNG file; decode_image() gives the same pixels back.
Bytes encode_png(const ImageU8& image);

// Returns a baseline JPEG file, 4:2:0. Throws InvalidArgument when quality is not in 1..100.
Bytes encode_jpeg(const ImageU8& image, int quality = 90);

}  // namespace animalctl
