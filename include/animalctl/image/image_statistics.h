#pragma once

#include <optional>

#include "animalctl/image/image.h"

namespace animalctl {

// What the camera's picture looks like, whatever is on it. Luma is Y = 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601).
struct ImageStatistics {
  double brightness = 0;  // mean of Y / 255, 0 (black) to 1 (white)
  double contrast = 0;    // standard deviation of Y / 255 (RMS contrast; Peli, J. Opt. Soc. Am. A 1990)
  std::optional<double>
      saturation;        // mean of (max - min) / max of R, G, B (HSV's S), 0 for black; none for grey images
  double sharpness = 0;  // variance of the Laplacian 4 Y - up - down - left - right, Y in 0..255 (Pech-Pacheco 2000)
};

// Rows and columns of points that are looked at: enough to tell cameras apart over a hundred pictures, few enough to
// cost a request of the smallest model 2 % of its time.
inline constexpr int kStatisticsGrid = 16;

// Measures an image at kStatisticsGrid × kStatisticsGrid points, evenly spread (at all pixels of a smaller one); the
// Laplacian is that of the image's own pixels, so sharpness depends on the resolution. An image of fewer than three
// rows or columns has sharpness 0. Throws InvalidArgument for an image without pixels or with other than 1 or 3
// channels. Thread-safe.
ImageStatistics measure_image(const ImageU8& image);

}  // namespace animalctl
