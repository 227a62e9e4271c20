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

int longer_side(const Preprocessing& preprocessing) {
  return std::max(preprocessing.width, preprocessing.height);
}

Preprocessing resized(Preprocessing preprocessing, double factor) {
  preprocessing.width = scaled(preprocessing.width, factor);
  preprocessing.height = scaled(preprocessing.height, factor);
  return preprocessing;
}

// At least kLeastSide, where the model's own is not smaller.
Preprocessing size_of_last_epochs(const Preprocessing& preprocessing, double end_share) {
  const double least = static_cast<double>(kLeastSide) / longer_side(preprocessing);
  return resized(preprocessing, std::min(1.0, std::max(end_share, least)));
}

}  // namespace

ProgressiveResizing::ProgressiveResizing(const TrainConfig& config, const ArchitectureRow& row,
                                         const Preprocessing& preprocessing)
    : largest_(size_of_last_epochs(preprocessing, config.end_share)),
      end_side_(longer_side(largest_)),
      growth_(config.start_share / config.end_share),
      growing_epochs_(kGrowingShare * config.num_epochs) {
  const int first = side(0);
  if (first == longer_side(preprocessing)) return;
  const Preprocessing smaller = resized(largest_, static_cast<double>(first) / end_side_);
  const std::size_t classes = config.classes.size();
  if (same_tensors(*row.make({preprocessing, classes}), *row.make({smaller, classes}))) return;
  throw Error(
      ErrorCode::InvalidArgument,
      fmt::format("--start-share {} and --end-share {}: {} only takes images of the size it was made for; leave "
                  "them at 1",
                  config.start_share, config.end_share, config.architecture));
}

int ProgressiveResizing::side(int epoch) const {
  const double grown = epoch / growing_epochs_;
  if (growth_ == 1 || grown >= 1) return end_side_;
  const double wanted = end_side_ * (growth_ + (1 - growth_) * grown);
  const int rounded = static_cast<int>(wanted / kMultiple) * kMultiple;
  return std::clamp(rounded, std::min(kLeastSide, end_side_), end_side_);
}

torch::Tensor ProgressiveResizing::apply(const torch::Tensor& input, int epoch) const {
  const int longest = side(epoch);
  if (longest == end_side_) return input;
  const double factor = static_cast<double>(longest) / end_side_;
  const std::vector<std::int64_t> size = {scaled(input.size(2), factor), scaled(input.size(3), factor)};
  return torch::nn::functional::interpolate(input, torch::nn::functional::InterpolateFuncOptions()
                                                       .size(size)
                                                       .mode(torch::kBilinear)
                                                       .align_corners(false)
                                                       .antialias(true));
}

}  // namespace animalctl
