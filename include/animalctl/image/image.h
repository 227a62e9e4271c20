#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace animalctl {

// An 8-bit image. Layout: height × width × channels, rows top to bottom, interleaved, no padding.
// Three channels are RGB in this order; one channel is grey (BT.601 luma). Values 0..255.
struct ImageU8 {
  int height = 0;
  int width = 0;
  int channels = 0;
  std::vector<std::uint8_t> pixels;

  std::size_t size() const {
    return static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * static_cast<std::size_t>(channels);
  }
  bool empty() const { return pixels.empty(); }
};

}  // namespace animalctl
