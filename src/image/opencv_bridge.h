#pragma once

#include <opencv2/core/mat.hpp>

#include "animalctl/base/error.h"
#include "animalctl/image/image.h"

namespace animalctl::image {

// A Mat that shares the image's memory; the image must outlive it and keep its size.
inline cv::Mat view_of(ImageU8& image) {
  return {image.height, image.width, CV_8UC(image.channels), image.pixels.data()};
}

// The same for reading: OpenCV has no constant Mat, so callers must not write through it.
inline cv::Mat view_of(const ImageU8& image) {
  return view_of(const_cast<ImageU8&>(image));
}

// Gives an image another size; its pixels are those of before, in no order, or 0.
inline void shape_image(ImageU8& image, int height, int width, int channels) {
  image.height = height;
  image.width = width;
  image.channels = channels;
  image.pixels.resize(image.size());
}

inline ImageU8 make_image(int height, int width, int channels) {
  ImageU8 image;
  shape_image(image, height, width, channels);
  return image;
}

// Throws InvalidArgument when the image is empty, or has neither 1 nor 3 channels, or its fields
// contradict the number of its pixels.
void require_image(const ImageU8& image, const char* purpose);

}  // namespace animalctl::image
