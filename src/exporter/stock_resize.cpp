#include "exporter/stock_resize.h"

#include <algorithm>
#include <cmath>

namespace animalctl {
namespace {

// One side of the resize: `to` pixels are made of `taken` pixels that begin at `begin`.
struct Side {
  int begin = 0;
  int taken = kStockSide;
  int to = 1;

  double scale() const { return static_cast<double>(taken) / to; }
};

using Weights = std::vector<float>;  // to × kStockSide

float& at(Weights& weights, int row, int column) {
  return weights[static_cast<std::size_t>(row) * kStockSide + static_cast<std::size_t>(column)];
}

// Each pixel is the mean of what it covers.
Weights mean_weights(const Side& side) {
  Weights weights(static_cast<std::size_t>(side.to) * kStockSide, 0.0F);
  for (int row = 0; row < side.to; ++row) {
    const double low = row * side.scale();
    const double high = std::min<double>(low + side.scale(), side.taken);
    for (int pixel = static_cast<int>(low); pixel < side.taken && pixel < high; ++pixel) {
      const double covered = std::min<double>(high, pixel + 1) - std::max<double>(low, pixel);
      at(weights, row, side.begin + pixel) = static_cast<float>(covered / (high - low));
    }
  }
  return weights;
}

// For a side that grows: OpenCV then takes a pixel for its whole area and blends only where two meet. Written with its
// own roundings: where a border falls on a pixel's, the last bit decides which pixel is meant.
Weights blend_weights(const Side& side) {
  Weights weights(static_cast<std::size_t>(side.to) * kStockSide, 0.0F);
  const double inverse = static_cast<double>(side.to) / side.taken;
  const double scale = 1.0 / inverse;
  for (int row = 0; row < side.to; ++row) {
    int pixel = static_cast<int>(std::floor(row * scale));
    double second = (row + 1) - (pixel + 1) * inverse;
    second = second <= 0 ? 0 : second - std::floor(second);
    if (pixel >= side.taken - 1) {
      pixel = side.taken - 1;
      second = 0;
    }
    at(weights, row, side.begin + pixel) = static_cast<float>(1 - second);
    if (second > 0) at(weights, row, side.begin + pixel + 1) = static_cast<float>(second);
  }
  return weights;
}

Side part_of_square(int to, double scale) {
  const int taken = std::clamp(static_cast<int>(std::lround(to * scale)), 1, kStockSide);
  return {(kStockSide - taken) / 2, taken, to};
}

}  // namespace

Preprocessing of_stock_square(Preprocessing preprocessing) {
  if (preprocessing.fit == Fit::Centre) {
    preprocessing.centre_share = static_cast<float>(std::min(1.0, preprocessing.centre_share / kStockShare));
  }
  return preprocessing;
}

StockResize stock_resize(const Preprocessing& preprocessing) {
  Side height{0, kStockSide, preprocessing.height};
  Side width{0, kStockSide, preprocessing.width};
  if (preprocessing.fit == Fit::Centre) {
    const double scale = of_stock_square(preprocessing).centre_share * static_cast<double>(kStockSide) /
                         std::max(preprocessing.width, preprocessing.height);
    height = part_of_square(preprocessing.height, scale);
    width = part_of_square(preprocessing.width, scale);
  }
  const bool shrinks = height.scale() >= 1 && width.scale() >= 1;
  const auto weights = [shrinks](const Side& side) { return shrinks ? mean_weights(side) : blend_weights(side); };
  StockResize resize{weights(height), Weights(static_cast<std::size_t>(kStockSide) * width.to)};
  const Weights across = weights(width);
  for (std::size_t row = 0; row < static_cast<std::size_t>(width.to); ++row) {
    for (std::size_t pixel = 0; pixel < kStockSide; ++pixel) {
      resize.columns[pixel * static_cast<std::size_t>(width.to) + row] = across[row * kStockSide + pixel];
    }
  }
  return resize;
}

}  // namespace animalctl
