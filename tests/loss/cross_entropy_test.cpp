#include "loss/cross_entropy.h"

#include <cmath>

#include "support/catch_compat.h"

namespace animalctl::test {

TEST_CASE("one column of raw scores has the loss of its probabilities") {
  const torch::Tensor logits = torch::tensor({{2.F}, {-1.F}, {0.5F}});
  const torch::Tensor targets = torch::tensor({1.F, 1.F, 0.F});
  const torch::Tensor weights = torch::tensor({1.F, 3.F, 0.5F});
  const torch::Tensor p = torch::sigmoid(logits).squeeze(1);
  const torch::Tensor plain = animalctl::cross_entropy(logits, targets) - at::binary_cross_entropy(p, targets);
  CHECK(std::abs(plain.item<float>()) < 1e-6);
  const torch::Tensor weighted =
      animalctl::cross_entropy(logits, targets, weights) - at::binary_cross_entropy(p, targets, weights);
  CHECK(std::abs(weighted.item<float>()) < 1e-6);
}

TEST_CASE("label smoothing of one column moves the targets towards one half") {
  const torch::Tensor logits = torch::tensor({{0.F}, {1.F}});
  const double first = std::log(2.0);  // whatever the target: p is one half
  const double second = 0.9 * std::log(1 + std::exp(1.0)) + 0.1 * std::log(1 + std::exp(-1.0));  // target 0 → 0.1
  const double loss = animalctl::cross_entropy(logits, torch::tensor({1.F, 0.F}), {}, 0.2).item<float>();
  CHECK(std::abs(loss - (first + second) / 2) < 1e-6);
}

TEST_CASE("columns have the cross-entropy of their softmax, smoothed as PyTorch does") {
  torch::manual_seed(1);
  const torch::Tensor logits = torch::randn({6, 4});
  const torch::Tensor targets = torch::tensor({0.F, 1.F, 2.F, 3.F, 1.F, 1.F});
  for (const double smoothing : {0.0, 0.1}) {
    const auto options = torch::nn::functional::CrossEntropyFuncOptions().label_smoothing(smoothing);
    const torch::Tensor expected = torch::nn::functional::cross_entropy(logits, targets.to(torch::kLong), options);
    CHECK(std::abs((animalctl::cross_entropy(logits, targets, {}, smoothing) - expected).item<float>()) < 1e-6);
  }
  const torch::Tensor only_third = torch::tensor({0.F, 0.F, 6.F, 0.F, 0.F, 0.F});
  const double alone = -torch::log_softmax(logits[2], 0)[2].item<float>();
  CHECK(std::abs(animalctl::cross_entropy(logits, targets, only_third).item<float>() - alone) < 1e-5);
}

}  // namespace animalctl::test
