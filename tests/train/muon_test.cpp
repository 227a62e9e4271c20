#include "train/muon.h"

#include <cmath>

#include "support/catch_compat.h"

namespace animalctl::test {

TEST_CASE("Muon is for convolutions within a network") {
  CHECK(learns_by_muon(torch::zeros({8, 24, 3, 3})));
  CHECK_FALSE(learns_by_muon(torch::zeros({24, 3, 4, 4})));  // sees the image
  CHECK_FALSE(learns_by_muon(torch::zeros({24, 1, 3, 3})));  // depthwise
  CHECK_FALSE(learns_by_muon(torch::zeros({2, 192})));
  CHECK_FALSE(learns_by_muon(torch::zeros({24})));
}

TEST_CASE("an update is made nearly orthogonal and keeps its directions") {
  torch::manual_seed(3);
  for (const auto& shape : {std::vector<std::int64_t>{8, 40}, std::vector<std::int64_t>{40, 8}}) {
    const torch::Tensor matrix = torch::randn(shape);
    const auto [left, values, right] = torch::linalg_svd(matrix, false);
    const torch::Tensor result = orthogonalised(matrix);
    CHECK(result.sizes() == matrix.sizes());
    // In the basis of the singular vectors the result is diagonal, and its diagonal is near one.
    const torch::Tensor inner = left.t().mm(result).mm(right.t());
    const torch::Tensor diagonal = inner.diagonal();
    CHECK(diagonal.min().item<double>() > 0.5);
    CHECK(diagonal.max().item<double>() < 1.3);
    CHECK((inner - torch::diag(diagonal)).abs().max().item<double>() < 1e-4);
  }
}

TEST_CASE("in bfloat16 an update is made nearly the same") {
  torch::manual_seed(3);
  const torch::Tensor matrix = torch::randn({24, 80});
  const torch::Tensor exact = orthogonalised(matrix);
  const torch::Tensor rounded = orthogonalised(matrix, torch::kBFloat16);
  CHECK(rounded.scalar_type() == torch::kFloat);
  CHECK_FALSE(torch::equal(exact, rounded));
  CHECK((exact - rounded).norm().item<double>() < 0.05 * exact.norm().item<double>());
}

TEST_CASE("a step of Muon turns the kernel by the learning rate and keeps its norm") {
  torch::manual_seed(4);
  torch::Tensor kernel = torch::randn({8, 6, 3, 3}) * 7;
  const torch::Tensor before = kernel.clone();
  const torch::Tensor gradient = torch::randn({8, 6, 3, 3});
  torch::Tensor buffer = torch::zeros_like(kernel);
  muon_step(kernel, gradient, buffer, 0.9, 0.1);
  CHECK(torch::equal(buffer, gradient));
  CHECK(std::abs(kernel.norm().item<double>() / before.norm().item<double>() - 1) < 1e-5);
  const double length = (kernel - before).norm().item<double>() / before.norm().item<double>();
  CHECK(length > 0.08);
  CHECK(length < 0.101);
  CHECK((gradient * (kernel - before)).sum().item<double>() < 0);  // downhill

  const torch::Tensor after_one = buffer.clone();
  muon_step(kernel, gradient, buffer, 0.9, 0.1);
  CHECK(torch::allclose(buffer, after_one * 0.9 + gradient));
}

TEST_CASE("a kernel whose gradient vanished stays where it is") {
  torch::Tensor kernel = torch::ones({8, 6, 3, 3});
  torch::Tensor buffer = torch::zeros_like(kernel);
  muon_step(kernel, torch::zeros_like(kernel), buffer, 0.9, 0.1);
  CHECK(torch::allclose(kernel, torch::ones_like(kernel)));
}

}  // namespace animalctl::test
