#include "train/mixing.h"

#include <cmath>

#include "loss/cross_entropy.h"
#include "support/catch_compat.h"

namespace animalctl::test {
namespace {

// Image i is all i, so that a pixel says where it came from.
torch::Tensor numbered_images(std::int64_t count) {
  return torch::arange(count).to(torch::kFloat).view({count, 1, 1, 1}).expand({count, 3, 12, 10}).clone();
}

}  // namespace

TEST_CASE("a mixed image has the labels of its pixels in their shares") {
  const torch::Tensor targets = torch::tensor({0.F, 0.F, 1.F, 1.F});
  for (std::uint64_t step = 0; step < 40; ++step) {
    torch::Tensor input = numbered_images(4);
    RandomStream random(1, "mix", step);
    const torch::Tensor mixed = mix_pairs(input, targets, 2, random);
    for (std::int64_t i = 0; i < 4; ++i) {
      const torch::Tensor image = input[i];
      const double from_partner = (image == static_cast<float>(3 - i)).to(torch::kFloat).mean().item<float>();
      CHECK((image == static_cast<float>(i)).logical_or(image == static_cast<float>(3 - i)).all().item<bool>());
      const double share_of_one = i < 2 ? from_partner : 1 - from_partner;
      CHECK(std::abs(mixed[i].item<float>() - share_of_one) < 1e-6);
    }
  }
}

TEST_CASE("labels of more than two classes become shares of each, an odd image out keeps its own") {
  const torch::Tensor targets = torch::tensor({0.F, 3.F, 2.F});
  torch::Tensor input = numbered_images(3);
  RandomStream random(1, "mix", 5);
  const torch::Tensor mixed = mix_pairs(input, targets, 4, random);
  CHECK(mixed.sizes() == at::IntArrayRef{3, 4});
  CHECK(torch::allclose(mixed.sum(1), torch::ones({3})));
  CHECK(mixed[1][3].item<float>() == 1);
  CHECK(mixed[0][0].item<float>() == mixed[2][2].item<float>());
  CHECK((input[1] == 1.F).all().item<bool>());
}

TEST_CASE("the same stream mixes the same way, another one another way") {
  const torch::Tensor targets = torch::tensor({0.F, 1.F});
  std::vector<torch::Tensor> labels;
  for (const std::uint64_t step : {1, 1, 2}) {
    torch::Tensor input = numbered_images(2);
    RandomStream random(1, "mix", step);
    labels.push_back(mix_pairs(input, targets, 2, random));
  }
  CHECK(torch::equal(labels[0], labels[1]));
  CHECK_FALSE(torch::equal(labels[0], labels[2]));
}

TEST_CASE("the loss of shares is the mean of the classes' losses, weighted by the shares") {
  const torch::Tensor logits = torch::tensor({{0.3F, -1.F, 2.F}, {1.F, 0.5F, -0.2F}});
  const torch::Tensor shares = torch::tensor({{0.25F, 0.75F, 0.F}, {0.F, 0.F, 1.F}});
  for (const double smoothing : {0.0, 0.1}) {
    const auto loss_of = [&](std::int64_t row, float label) {
      return cross_entropy(logits.slice(0, row, row + 1), torch::tensor({label}), {}, smoothing).item<float>();
    };
    const double expected = (0.25 * loss_of(0, 0) + 0.75 * loss_of(0, 1) + loss_of(1, 2)) / 2;
    CHECK(std::abs(cross_entropy(logits, shares, {}, smoothing).item<float>() - expected) < 1e-6);
  }
}

}  // namespace animalctl::test
