#include "animalctl/image/image_statistics.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

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

class Meter {
 public:
  explicit Meter(const ImageU8& image)
      : image_(image),
        step_(image.channels),
        row_(static_cast<std::ptrdiff_t>(image.width) * image.channels),
        inner_(image.width >= 3 && image.height >= 3) {}

  ImageStatistics measure() {
    const int rows = std::min(kStatisticsGrid, image_.height);
    const int columns = std::min(kStatisticsGrid, image_.width);
    for (int row = 0; row < rows; ++row) {
      for (int column = 0; column < columns; ++column) {
        look_at(place(row, rows, image_.height), place(column, columns, image_.width));
      }
    }
    ImageStatistics statistics;
    statistics.brightness = luma_.mean() / (255 * kLevel);
    statistics.contrast = std::sqrt(luma_.variance()) / (255 * kLevel);
    statistics.sharpness = laplacian_.variance() / (kLevel * kLevel);
    if (image_.channels == 3) statistics.saturation = saturation_ / (rows * columns);
    return statistics;
  }

 private:
  // The middle of the i-th of n equal parts.
  static int place(int i, int n, int length) {
    return static_cast<int>((std::int64_t{2} * i + 1) * length / (std::int64_t{2} * n));
  }

  std::int32_t luma(const std::uint8_t* pixel) const {
    if (step_ == 1) return 1000 * pixel[0];
    return 299 * pixel[0] + 587 * pixel[1] + 114 * pixel[2];
  }

  void look_at(int y, int x) {
    const std::uint8_t* const pixel = image_.pixels.data() + y * row_ + std::ptrdiff_t{x} * step_;
    luma_.add(luma(pixel));
    if (step_ == 3) {
      const auto [low, high] = std::minmax({pixel[0], pixel[1], pixel[2]});
      if (high > 0) saturation_ += static_cast<double>(high - low) / high;
    }
    if (!inner_) return;
    // At the border the nearest inner pixel stands for it.
    const int inner_y = std::clamp(y, 1, image_.height - 2);
    const int inner_x = std::clamp(x, 1, image_.width - 2);
    const std::uint8_t* const middle = image_.pixels.data() + inner_y * row_ + std::ptrdiff_t{inner_x} * step_;
    laplacian_.add(4 * luma(middle) - luma(middle - row_) - luma(middle + row_) - luma(middle - step_) -
                   luma(middle + step_));
  }

  const ImageU8& image_;
  const std::ptrdiff_t step_;
  const std::ptrdiff_t row_;
  const bool inner_;
  Moments luma_;
  double saturation_ = 0;
  Moments laplacian_;
};

}  // namespace

ImageStatistics measure_image(const ImageU8& image) {
  const bool channels = image.channels == 1 || image.channels == 3;
  if (!channels || image.height < 1 || image.width < 1 || image.pixels.size() != image.size()) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("an image of {} × {} pixels with {} channels and {} bytes cannot be measured; 1 or 3 "
                            "channels and as many bytes are needed",
                            image.width, image.height, image.channels, image.pixels.size()));
  }
  return Meter(image).measure();
}

}  // namespace animalctl
