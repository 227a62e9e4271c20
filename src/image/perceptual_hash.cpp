#include "animalctl/image/perceptual_hash.h"

#include <array>
#include <cmath>
#include <numbers>

#include "animalctl/base/random.h"
#include "animalctl/image/transform.h"
#include "image/opencv_bridge.h"

namespace animalctl {
namespace {

constexpr int kSide = 32;
constexpr std::uint64_t kPixels = std::uint64_t{kSide} * kSide;
// 64 frequencies u + v = 1, 2, … reach up to u + v = 10.
constexpr int kFrequencies = 11;
constexpr int kHashBits = 64;
// A wave of a quarter of a grey level: below it is rounding and compression noise.
constexpr float kNoiseFloor = 4.0f;

using Waves = std::array<std::array<float, kSide>, kFrequencies>;
using Spectrum = std::array<std::array<float, kFrequencies>, kFrequencies>;

// Rows of the orthonormal DCT-II matrix.
Waves make_waves() {
  Waves waves{};
  for (int k = 0; k < kFrequencies; ++k) {
    const double scale = std::sqrt((k == 0 ? 1.0 : 2.0) / kSide);
    for (int x = 0; x < kSide; ++x) {
      const double angle = std::numbers::pi * (2 * x + 1) * k / (2.0 * kSide);
      waves[static_cast<std::size_t>(k)][static_cast<std::size_t>(x)] = static_cast<float>(scale * std::cos(angle));
    }
  }
  return waves;
}

Spectrum low_frequencies(const ImageU8& grey) {
  static const Waves waves = make_waves();
  Spectrum spectrum{};
  for (std::size_t y = 0; y < kSide; ++y) {
    for (std::size_t u = 0; u < kFrequencies; ++u) {
      float row = 0;
      for (std::size_t x = 0; x < kSide; ++x) row += waves[u][x] * static_cast<float>(grey.pixels[y * kSide + x]);
      for (std::size_t v = 0; v < kFrequencies; ++v) spectrum[v][u] += waves[v][y] * row;
    }
  }
  return spectrum;
}

// Bits that depend on the mean colour only, in steps of 8 levels a channel.
std::uint64_t color_bits(const ImageU8& small) {
  std::array<std::uint64_t, 3> sums{};
  const auto channels = static_cast<std::size_t>(small.channels);
  for (std::size_t i = 0; i < small.pixels.size(); ++i) sums[i % channels] += small.pixels[i];
  std::uint64_t key = 0;
  for (std::size_t channel = 0; channel < 3; ++channel) {
    const std::uint64_t mean = sums[channel < channels ? channel : 0] / kPixels;
    key = key << 8 | mean / 8;
  }
  return RandomStream(key, "perceptual-hash").next();
}

}  // namespace

std::uint64_t perceptual_hash(const ImageU8& source) {
  image::require_image(source, "hash");
  const ImageU8 small = resize_area(source, kSide, kSide);
  const Spectrum spectrum = low_frequencies(to_grey(small));
  const std::uint64_t filling = color_bits(small);
  std::uint64_t hash = 0;
  int bit = 0;
  for (int diagonal = 1; bit < kHashBits; ++diagonal) {
    for (int v = 0; v <= diagonal && bit < kHashBits; ++v, ++bit) {
      const float value = spectrum[static_cast<std::size_t>(v)][static_cast<std::size_t>(diagonal - v)];
      const bool set = std::abs(value) < kNoiseFloor ? (filling >> bit & 1) != 0 : value > 0;
      hash |= std::uint64_t{set} << bit;
    }
  }
  return hash;
}

}  // namespace animalctl
