#include "model/inference_plan.h"

#include "support/catch_compat.h"

namespace animalctl::test {
namespace {

constexpr std::int64_t kBatch = 4;

torch::Tensor example() {
  torch::manual_seed(1);
  return torch::rand({kBatch, 3, 8, 8});
}

}  // namespace

TEST_CASE("a plan gives the network's own answers") {
  torch::nn::Conv2d network(torch::nn::Conv2dOptions(3, 4, 3));
  network->eval();
  const auto function = [&](const torch::Tensor& input) { return network->forward(input).relu().mean({2, 3}); };
  const c10::InferenceMode inference;
  const torch::Tensor input = example();
  const torch::Tensor expected = function(input);
  const InferencePlan exact(*network, function, {input, Precision::Fp32, torch::kCPU});
  CHECK(torch::allclose(exact.run(input), expected, 1e-4, 1e-5));
  CHECK(exact.description().find("fp32") != std::string::npos);
  const InferencePlan rough(*network, function, {input, Precision::Bf16, torch::kCPU});
  CHECK(torch::allclose(rough.run(input), expected, 0.05, 0.02));
  CHECK(rough.description().find("bf16") != std::string::npos);
}

TEST_CASE("bfloat16 that was asked for and does not agree is refused") {
  torch::nn::Conv2d network(torch::nn::Conv2dOptions(3, 4, 3));
  network->eval();
  // A thousandth more or less of the convolution is everything to this sine.
  const auto function = [&](const torch::Tensor& input) {
    return torch::sin(network->forward(input).mean({2, 3}) * 10000);
  };
  require_error(ErrorCode::Unavailable, "--precision bf16: this model's answers", [&] {
    const InferencePlan plan(*network, function, {example(), Precision::Bf16, torch::kCPU});
  });
}

}  // namespace animalctl::test
