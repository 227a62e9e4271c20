#include "animalctl/image/image_statistics.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "animalctl/base/error.h"

namespace animalctl {
namespace {

// Luma is kept in thousandths of a level, exact in integers.
constexpr double kLevel = 1000;

// Mean and variance of numbers that come one by one.
struct Moments {
  std::int64_t count = 0;
  std::int64_t sum = 0;
  std::int64_t squares = 0;  // a Laplacian is at most 1.02 million, and there are 256 of them
  void add(std::int64_t value) {
    ++count;
    sum += value;
    squares += value * value;
  }
  double mean() const { return count > 0 ? static_cast<double>(sum) / static_cast<double>(count) : 0; }
  double variance() const {
    return count > 0 ? std::max(0.0, static_cast<double>(squares) / static_cast<double>(count) - mean() * mean()) : 0;
  }
};

// Where one looks along a side, and the nearest place that has neighbours on both sides.
struct Place {
  std::ptrdiff_t at = 0;
  std::ptrdiff_t inner = 0;
};

// The middles of equal parts of a side. Divisions are dear: they are made once a row and once a column.
struct Places {
  explicit Places(int length) : count(std::min(kStatisticsGrid, length)) {
    for (int i = 0; i < count; ++i) {
      const std::ptrdiff_t at = (std::int64_t{2} * i + 1) * length / (std::int64_t{2} * count);
      const std::ptrdiff_t last = length - 2;
      places[static_cast<std::size_t>(i)] = {at, length >= 3 ? std::clamp<std::ptrdiff_t>(at, 1, last) : at};
    }
  }
  std::span<const Place> all() const { return std::span(places).first(static_cast<std::size_t>(count)); }

  int count;
  std::array<Place, kStatisticsGrid> places;
};

// Of three channels or of one, in thousandths.
template <int kChannels>
std::int32_t luma_of(std::int32_t red, std::int32_t green, std::int32_t blue) {
  return kChannels == 1 ? 1000 * red : 299 * red + 587 * green + 114 * blue;
}

// Luma is linear: the Laplacian of luma is the luma of the channels' Laplacians, and takes a fifth of the products.
template <int kChannels>
std::int32_t laplacian_at(const std::uint8_t* middle, std::ptrdiff_t stride) {
  const auto of = [&](int channel) {
    const std::uint8_t* const at = middle + channel;
    return 4 * at[0] - at[-stride] - at[stride] - at[-kChannels] - at[kChannels];
  };
  if constexpr (kChannels == 1) return luma_of<1>(of(0), 0, 0);
  return luma_of<3>(of(0), of(1), of(2));
}

template <int kChannels>
ImageStatistics measure(const ImageU8& image) {
  const std::ptrdiff_t stride = static_cast<std::ptrdiff_t>(image.width) * kChannels;
  const bool has_inner = image.width >= 3 && image.height >= 3;
  const Places rows(image.height);
  const Places columns(image.width);
  Moments luma;
  Moments laplacian;
  double saturation = 0;
  for (const Place& row : rows.all()) {
    const std::uint8_t* const line = image.pixels.data() + row.at * stride;
    const std::uint8_t* const inner_line = image.pixels.data() + row.inner * stride;
    for (const Place& column : columns.all()) {
      const std::uint8_t* const pixel = line + column.at * kChannels;
      if constexpr (kChannels == 3) {
        const int red = pixel[0];
        const int green = pixel[1];
        const int blue = pixel[2];
        luma.add(luma_of<3>(red, green, blue));
        const int high = std::max(std::max(red, green), blue);
        const int low = std::min(std::min(red, green), blue);
        saturation += static_cast<double>(high - low) / std::max(high, 1);
      } else {
        luma.add(luma_of<1>(pixel[0], 0, 0));
      }
      if (has_inner) laplacian.add(laplacian_at<kChannels>(inner_line + column.inner * kChannels, stride));
    }
  }
  ImageStatistics statistics;
  statistics.brightness = luma.mean() / (255 * kLevel);
  statistics.contrast = std::sqrt(luma.variance()) / (255 * kLevel);
  statistics.sharpness = laplacian.variance() / (kLevel * kLevel);
  if constexpr (kChannels == 3) statistics.saturation = saturation / (rows.count * columns.count);
  return statistics;
}

}  // namespace

ImageStatistics measure_image(const ImageU8& image) {
  const bool channels = image.channels == 1 || image.channels == 3;
  if (!channels || image.height < 1 || image.width < 1 || image.pixels.size() != image.size()) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("an image of {} × {} pixels with {} channels and {} bytes cannot be measured; 1 or 3 "
                            "channels and as many bytes are needed",
                            image.width, image.height, image.channels, image.pixels.size()));
  }
  return image.channels == 1 ? measure<1>(image) : measure<3>(image);
}

}  // namespace animalctl
