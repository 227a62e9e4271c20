#include "image/area_shrink.h"

#include <algorithm>
#include <array>
#include <cfloat>
#include <cmath>
#include <cstring>
#include <vector>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace animalctl::image {
namespace {

// A vector of the compiler: on any processor an operation is what four scalar ones are.
using Floats [[gnu::vector_size(16)]] = float;

constexpr int kRows = 4;
constexpr std::size_t kChannels = 3;

// One source position's part in one target position.
struct Tap {
  int target;
  int source;
  float weight;
};

// The factor as OpenCV computes it, with both of its divisions.
double shrink_factor(int source, int target) {
  return 1.0 / (static_cast<double>(target) / source);
}

// A target position covers [t·f, (t+1)·f) of the source: whole positions with the weight 1/f, and the parts at both
// ends. Ends of less than a thousandth are left out.
std::vector<Tap> taps_of(int source_size, int target_size) {
  constexpr double kLeftOut = 1e-3;
  const double factor = shrink_factor(source_size, target_size);
  std::vector<Tap> taps;
  taps.reserve(static_cast<std::size_t>(source_size) + 2 * static_cast<std::size_t>(target_size));
  for (int target = 0; target < target_size; ++target) {
    const double begin = target * factor;
    const double end = begin + factor;
    const double covered = std::min(factor, source_size - begin);
    const int last_whole = std::min(static_cast<int>(std::floor(end)), source_size - 1);
    const int first_whole = std::min(static_cast<int>(std::ceil(begin)), last_whole);
    if (first_whole - begin > kLeftOut) {
      taps.push_back({target, first_whole - 1, static_cast<float>((first_whole - begin) / covered)});
    }
    for (int source = first_whole; source < last_whole; ++source) {
      taps.push_back({target, source, static_cast<float>(1.0 / covered)});
    }
    if (end - last_whole > kLeftOut) {
      const double part = std::min(std::min(end - last_whole, 1.0), covered);
      taps.push_back({target, last_whole, static_cast<float>(part / covered)});
    }
  }
  return taps;
}

// Four bytes as numbers.
Floats load_pixel(const std::uint8_t* pixel) {
#ifdef __SSE2__
  std::int32_t word = 0;
  std::memcpy(&word, pixel, sizeof(word));
  const __m128i zero = _mm_setzero_si128();
  const __m128i words = _mm_unpacklo_epi8(_mm_cvtsi32_si128(word), zero);
  return _mm_cvtepi32_ps(_mm_unpacklo_epi16(words, zero));
#else
  return Floats{static_cast<float>(pixel[0]), static_cast<float>(pixel[1]), static_cast<float>(pixel[2]),
                static_cast<float>(pixel[3])};
#endif
}

// Numbers as bytes: to the nearest, halves to even, cut off at 0 and 255.
std::array<std::uint8_t, 4> round_pixel(Floats values) {
  std::array<std::uint8_t, 4> bytes;
#ifdef __SSE2__
  const __m128i words = _mm_cvtps_epi32(values);
  const __m128i halves = _mm_packs_epi32(words, words);
  const std::int32_t word = _mm_cvtsi128_si32(_mm_packus_epi16(halves, halves));
  std::memcpy(bytes.data(), &word, sizeof(word));
#else
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(std::clamp(std::lrintf(values[i]), 0L, 255L));
  }
#endif
  return bytes;
}

// Several rows of the source, each brought to the target's width.
class ShrunkRows {
 public:
  ShrunkRows(const RgbView& source, int width)
      : source_(source),
        taps_(taps_of(source.width, width)),
        end_(width),
        rows_(kRows * static_cast<std::size_t>(width)) {}

  // The row `y` of the source; asked for in order.
  const Floats* row(int y) {
    while (y >= first_ + count_) fill(first_ + count_);
    return rows_.data() + static_cast<std::size_t>(y - first_) * static_cast<std::size_t>(end_);
  }

 private:
  void fill(int first) {
    first_ = first;
    count_ = std::min(kRows, source_.height - first);
    std::array<const std::uint8_t*, kRows> pixels;
    for (int i = 0; i < kRows; ++i) {
      // Rows behind the last are made of the last again: nobody looks at them.
      const auto y = static_cast<std::size_t>(first + std::min(i, count_ - 1));
      pixels[static_cast<std::size_t>(i)] = source_.pixels + y * source_.stride;
    }
    std::array<Floats, kRows> sums{};
    int target = 0;
    for (const Tap& tap : taps_) {
      if (tap.target != target) {
        store(target, sums);
        sums = {};
        target = tap.target;
      }
      add(pixels, tap, sums);
    }
    store(target, sums);
  }

  void add(const std::array<const std::uint8_t*, kRows>& pixels, const Tap& tap,
           std::array<Floats, kRows>& sums) const {
    const std::size_t at = kChannels * static_cast<std::size_t>(tap.source);
    if (tap.source + 1 < source_.width) {
      for (std::size_t i = 0; i < kRows; ++i) sums[i] += load_pixel(pixels[i] + at) * tap.weight;
      return;
    }
    // A load of four bytes would reach behind the last pixel.
    for (std::size_t i = 0; i < kRows; ++i) {
      std::uint8_t padded[4] = {};
      std::memcpy(padded, pixels[i] + at, kChannels);
      sums[i] += load_pixel(padded) * tap.weight;
    }
  }

  void store(int target, const std::array<Floats, kRows>& sums) {
    for (std::size_t i = 0; i < kRows; ++i) {
      rows_[i * static_cast<std::size_t>(end_) + static_cast<std::size_t>(target)] = sums[i];
    }
  }

  const RgbView source_;
  const std::vector<Tap> taps_;
  const int end_;
  std::vector<Floats> rows_;
  int first_ = 0;
  int count_ = 0;
};

void write_row(const std::vector<Floats>& sums, std::uint8_t* target) {
  for (const Floats& sum : sums) {
    const auto pixel = round_pixel(sum);
    std::memcpy(target, pixel.data(), kChannels);
    target += kChannels;
  }
}

}  // namespace

bool can_area_shrink(const RgbView& source, int width, int height) {
  const double across = shrink_factor(source.width, width);
  const double down = shrink_factor(source.height, height);
  const auto is_whole = [](double factor) { return std::abs(factor - std::nearbyint(factor)) < DBL_EPSILON; };
  return across >= 1 && down >= 1 && !(is_whole(across) && is_whole(down));
}

void area_shrink(const RgbView& source, int width, int height, std::span<std::uint8_t> target) {
  ShrunkRows rows(source, width);
  std::vector<Floats> sums(static_cast<std::size_t>(width));
  const std::size_t row_size = kChannels * static_cast<std::size_t>(width);
  int current = -1;
  for (const Tap& tap : taps_of(source.height, height)) {
    const Floats* const row = rows.row(tap.source);
    if (tap.target == current) {
      for (std::size_t x = 0; x < sums.size(); ++x) sums[x] += row[x] * tap.weight;
      continue;
    }
    if (current >= 0) write_row(sums, target.data() + static_cast<std::size_t>(current) * row_size);
    for (std::size_t x = 0; x < sums.size(); ++x) sums[x] = row[x] * tap.weight;
    current = tap.target;
  }
  write_row(sums, target.data() + static_cast<std::size_t>(current) * row_size);
}

}  // namespace animalctl::image
