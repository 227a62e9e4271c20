#include "model/example_images.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace animalctl {
namespace {

// Grey level 0..255 of one value: image i's own mixture of a slope, a disc and noise.
std::uint8_t level(int image, int channel, double x, double y, std::uint32_t noise) {
  const double contrast = 20 + 35 * (image % 4);
  const double slope = std::sin(3 * x * (1 + image) + channel) * std::cos(2 * y * (1 + image % 3));
  const double distance = std::hypot(x - 0.3 - 0.05 * image, y - 0.5);
  const double disc = distance < 0.15 + 0.03 * (image % 5) ? 1 : -0.5;
  const double grain = (static_cast<double>(noise % 1000) / 500 - 1) * (image % 2 == 0 ? 0.2 : 0.8);
  const double value = 90 + 20 * (image % 4) + contrast * (0.5 * slope + 0.6 * disc + grain);
  return static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0));
}

}  // namespace

torch::Tensor example_images(const Preprocessing& preprocessing, int count) {
  torch::Tensor images = torch::empty({count, preprocessing.channels, preprocessing.height, preprocessing.width});
  const Normaliser normaliser(preprocessing);
  std::vector<std::uint8_t> pixels(preprocessing.size());
  std::uint32_t noise = 1;
  for (int image = 0; image < count; ++image) {
    std::size_t at = 0;
    for (int y = 0; y < preprocessing.height; ++y) {
      for (int x = 0; x < preprocessing.width; ++x) {
        for (int channel = 0; channel < preprocessing.channels; ++channel) {
          noise = noise * 1664525U + 1013904223U;  // Numerical Recipes' generator
          pixels[at++] = level(image, channel, static_cast<double>(x) / preprocessing.width,
                               static_cast<double>(y) / preprocessing.height, noise >> 8);
        }
      }
    }
    normaliser.apply(pixels, {images.data_ptr<float>() + static_cast<std::size_t>(image) * preprocessing.size(),
                              preprocessing.size()});
  }
  return images;
}

}  // namespace animalctl
