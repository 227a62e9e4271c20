#include "train/progressive_resizing.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "animalctl/base/error.h"

namespace animalctl {
namespace {

constexpr double kGrowingShare = 2.0 / 3;
constexpr int kMultiple = 8;
constexpr int kLeastSide = 32;

bool same_tensors(const Network& a, const Network& b) {
  const auto first = a.parameters();
  const auto second = b.parameters();
  return std::equal(first.begin(), first.end(), second.begin(), second.end(),
                    [](const torch::Tensor& x, const torch::Tensor& y) { return x.sizes() == y.sizes(); });
}

int scaled(std::int64_t side, double factor) {
  return std::max(1, static_cast<int>(std::lround(static_cast<double>(side) * factor)));
}

}  // namespace

ProgressiveResizing::ProgressiveResizing(const TrainConfig& config, const ArchitectureRow& row,
                                         const Preprocessing& preprocessing)
    : full_side_(std::max(preprocessing.width, preprocessing.height)),
      start_share_(config.start_share),
      growing_epochs_(kGrowingShare * config.num_epochs) {
  const int first = side(0);
  if (first == full_side_) return;
  Preprocessing smaller = preprocessing;
  const double factor = static_cast<double>(first) / full_side_;
  smaller.width = scaled(preprocessing.width, factor);
  smaller.height = scaled(preprocessing.height, factor);
  const std::size_t classes = config.classes.size();
  if (same_tensors(*row.make({preprocessing, classes}), *row.make({smaller, classes}))) return;
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("--start-share {}: {} only takes images of the size it was made for; leave it at 1",
                          start_share_, config.architecture));
}

int ProgressiveResizing::side(int epoch) const {
  const double grown = epoch / growing_epochs_;
  if (start_share_ == 1 || grown >= 1) return full_side_;
  const double wanted = full_side_ * (start_share_ + (1 - start_share_) * grown);
  const int rounded = static_cast<int>(wanted / kMultiple) * kMultiple;
  return std::clamp(rounded, std::min(kLeastSide, full_side_), full_side_);
}

torch::Tensor ProgressiveResizing::apply(const torch::Tensor& input, int epoch) const {
  const int longest = side(epoch);
  if (longest == full_side_) return input;
  const double factor = static_cast<double>(longest) / full_side_;
  const std::vector<std::int64_t> size = {scaled(input.size(2), factor), scaled(input.size(3), factor)};
  return torch::nn::functional::interpolate(input, torch::nn::functional::InterpolateFuncOptions()
                                                       .size(size)
                                                       .mode(torch::kBilinear)
                                                       .align_corners(false)
                                                       .antialias(true));
}

}  // namespace animalctl
