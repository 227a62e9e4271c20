#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace animalctl::image {

// Rows of RGB pixels, `stride` bytes from one to the next.
struct RgbView {
  const std::uint8_t* pixels = nullptr;
  std::size_t stride = 0;
  int width = 0;
  int height = 0;
};

// True for the sizes that area_shrink() makes: not greater in either direction, and not by whole factors in both.
bool can_area_shrink(const RgbView& source, int width, int height);

// The source at width × height, each pixel the mean of the area it covers, written to `target` (width · height · 3
// bytes). The same bits as OpenCV's cv::resize(…, INTER_AREA): the same products added in the same order in float32,
// but with the three channels of four rows side by side, which is three times as quick. Thread-safe.
void area_shrink(const RgbView& source, int width, int height, std::span<std::uint8_t> target);

}  // namespace animalctl::image
