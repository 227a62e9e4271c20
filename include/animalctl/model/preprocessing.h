#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "animalctl/image/image.h"

namespace animalctl {

// How an image is brought to the model's width and height.
enum class Fit {
  Stretch,  // all of it, aspect not kept: the seed's
  Centre,   // the largest centred rectangle of the model's aspect, `centre_share` of its sides: as torchvision's resize
            // of the shorter side to 256 and crop of the centre 224, which is a share of 0.875
};

// How a model wants its input: a property of the model, stored in its checkpoint, and applied by one
// function in train, evaluate, infer and serve, so that there is no skew between them.
//   RGB image → fit → resize to width × height (INTER_AREA) → grey if channels is 1
//   → value / 255 → (value − mean[c]) / std[c]
struct Preprocessing {
  int width = 16;    // pixels, ≥ 1
  int height = 16;   // pixels, ≥ 1
  int channels = 1;  // 1: BT.601 grey, 3: RGB
  Fit fit = Fit::Stretch;
  float centre_share = 1;            // (0, 1], only with Fit::Centre
  std::vector<float> mean = {0.5F};  // one a channel
  std::vector<float> std = {0.5F};   // one a channel, > 0

  bool operator==(const Preprocessing&) const = default;
  // Values of one image after prepare(): width · height · channels.
  std::size_t size() const {
    return static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * static_cast<std::size_t>(channels);
  }
  // Names the part of the work that prepare() does, e.g. "area-16x16-grey-v1": the key of cached results.
  std::string preparation_name() const;
};

// The 8-bit part: resize and colour. Returns height × width × channels bytes. Order as in the seed:
// resize first, grey afterwards; bit-equal to OpenCV's.
std::vector<std::uint8_t> prepare(const ImageU8& image, const Preprocessing& preprocessing);

// The float part: 8-bit values to normalised floats through a table, so that it costs one load a value.
// Layout of the result: channels × height × width (for grey the same order as the input). Thread-safe.
class Normaliser {
 public:
  explicit Normaliser(const Preprocessing& preprocessing);
  // `prepared` has size() bytes, `out` size() floats.
  void apply(std::span<const std::uint8_t> prepared, std::span<float> out) const;

 private:
  std::size_t pixels_;
  std::size_t channels_;
  std::vector<std::array<float, 256>> table_;  // one a channel
};

}  // namespace animalctl
