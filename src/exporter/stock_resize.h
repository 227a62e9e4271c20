#pragma once

#include <vector>

#include "animalctl/model/preprocessing.h"

namespace animalctl {

// TorchServe's image_classifier shows a network this many pixels a side: the shorter side is resized to 256, and of
// that the centre is taken.
inline constexpr int kStockSide = 224;
inline constexpr double kStockShare = 0.875;

// The part of that square that a model wants to see, and how it is brought to the model's size: rows · square ·
// columns.
struct StockResize {
  std::vector<float> rows;     // height × kStockSide, row-major
  std::vector<float> columns;  // kStockSide × width, row-major
};

// Weights that resize as OpenCV's INTER_AREA does, which makes what a model was trained on. A model that wants more of
// the image than the square holds gets all of the square.
StockResize stock_resize(const Preprocessing& preprocessing);

// The same part as preprocessing of the square itself, for checking.
Preprocessing of_stock_square(Preprocessing preprocessing);

}  // namespace animalctl
