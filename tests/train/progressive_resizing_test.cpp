#include "train/progressive_resizing.h"

#include <cmath>

#include "support/catch_compat.h"

namespace animalctl::test {
namespace {

ProgressiveResizing resizing(const char* architecture, double share, int image_side, int epochs = 12,
                             double end_share = 1) {
  const ArchitectureRow row = find_architecture(architecture);
  TrainConfig config;
  config.architecture = architecture;
  config.start_share = share;
  config.end_share = end_share;
  config.num_epochs = epochs;
  Preprocessing preprocessing = row.default_preprocessing();
  preprocessing.width = preprocessing.height = image_side;
  return {config, row, preprocessing};
}

}  // namespace

TEST_CASE("images grow to their full side over the first two thirds of a run") {
  const ProgressiveResizing growing = resizing("smallcnn", 0.5, 64);
  std::vector<int> sides;
  for (int epoch = 0; epoch < 12; ++epoch) sides.push_back(growing.side(epoch));
  CHECK(sides == std::vector<int>{32, 32, 40, 40, 48, 48, 56, 56, 64, 64, 64, 64});
  CHECK(resizing("smallcnn", 1, 64).side(0) == 64);
  CHECK(resizing("smallcnn", 0.01, 64).side(0) == 32);
  CHECK(resizing("smallcnn", 0.5, 32).side(0) == 32);
  CHECK(resizing("smallcnn", 0.5, 100, 1).side(0) == 48);
  CHECK(resizing("smallcnn", 0.5, 100, 1).side(1) == 100);
}

TEST_CASE("images grow to the last epochs' share of the side where that is less than all of it") {
  const ProgressiveResizing growing = resizing("smallcnn", 0.4, 80, 12, 0.8);
  CHECK(growing.largest().width == 64);
  CHECK(growing.largest().height == 64);
  CHECK(growing.side(0) == 32);
  CHECK(growing.side(11) == 64);
  const torch::Tensor input = torch::rand({2, 3, 64, 64});
  CHECK(growing.apply(input, 0).sizes() == at::IntArrayRef{2, 3, 32, 32});
  CHECK(torch::equal(growing.apply(input, 11), input));
  CHECK(resizing("smallcnn", 0.8, 80, 12, 0.8).side(0) == 64);
  CHECK(resizing("smallcnn", 0.4, 32, 12, 0.8).side(11) == 32);
  require_error(ErrorCode::InvalidArgument, "--end-share 0.5: animalnet only takes images of the size",
                [] { (void)resizing("animalnet", 0.5, 64, 12, 0.5); });
}

TEST_CASE("a smaller image is the mean of what its pixels cover") {
  const ProgressiveResizing growing = resizing("smallcnn", 0.5, 64);
  const torch::Tensor input = torch::rand({2, 3, 64, 64});
  const torch::Tensor small = growing.apply(input, 0);
  CHECK(small.sizes() == at::IntArrayRef{2, 3, 32, 32});
  CHECK(std::abs(small.mean().item<float>() - input.mean().item<float>()) < 0.01);
  CHECK(torch::equal(growing.apply(input, 11), input));
}

TEST_CASE("an architecture of one image size cannot begin with smaller ones") {
  require_error(ErrorCode::InvalidArgument,
                "--start-share 0.5 and --end-share 1: animalnet only takes images of the size it was made for",
                [] { (void)resizing("animalnet", 0.5, 64); });
  CHECK(resizing("animalnet", 0.5, 16).side(0) == 16);
}

}  // namespace animalctl::test
