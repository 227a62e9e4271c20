#include "train/optimizer.h"

#include "animalctl/base/error.h"
#include "support/catch_compat.h"

namespace animalctl::test {
namespace {

// A few steps on a fixed problem with the optimizer under test; returns the parameter.
torch::Tensor descend(Optimizer& optimizer, torch::Tensor& parameter, int steps) {
  for (int i = 0; i < steps; ++i) {
    parameter.mutable_grad() = torch::Tensor();
    ((parameter - 3).pow(2) * torch::arange(1, 5)).sum().backward();
    optimizer.step(0.05);
  }
  return parameter.detach().clone();
}

torch::Tensor start() {
  return torch::full({4}, 0.5F, torch::requires_grad());
}

TrainConfig config_of(OptimizerKind kind) {
  TrainConfig config;
  config.optimizer = kind;
  config.learning_rate = 0.05;
  config.weight_decay = 0.01;
  return config;
}

}  // namespace

TEST_CASE("an optimizer's saved state continues exactly where it was") {
  for (const OptimizerKind kind : {OptimizerKind::Sgd, OptimizerKind::Adam, OptimizerKind::AdamW}) {
    torch::Tensor whole = start();
    Optimizer uninterrupted(config_of(kind), {whole});
    descend(uninterrupted, whole, 7);

    torch::Tensor part = start();
    Optimizer before(config_of(kind), {part});
    descend(before, part, 3);
    Optimizer after(config_of(kind), {part});
    after.load_state_dict(before.state_dict(), "test");
    descend(after, part, 4);
    CHECK(torch::equal(whole, part));
    CHECK(after.state_dict() == uninterrupted.state_dict());
  }
}

TEST_CASE("Muon's saved state holds both kinds of parameters and continues exactly") {
  const auto parameters = [] {
    torch::manual_seed(5);
    return std::vector<torch::Tensor>{torch::randn({6, 8, 3, 3}, torch::requires_grad()),
                                      torch::randn({6}, torch::requires_grad())};
  };
  const auto steps = [](Optimizer& optimizer, std::vector<torch::Tensor>& tensors, int count, int threads = 1) {
    for (int i = 0; i < count; ++i) {
      for (torch::Tensor& tensor : tensors) tensor.mutable_grad() = torch::Tensor();
      ((tensors[0].sum({1, 2, 3}) + tensors[1] - 3).pow(2)).sum().backward();
      optimizer.step(0.05, threads);
    }
  };
  std::vector<torch::Tensor> whole = parameters();
  Optimizer uninterrupted(config_of(OptimizerKind::Muon), whole);
  steps(uninterrupted, whole, 5);
  std::vector<torch::Tensor> part = parameters();
  Optimizer before(config_of(OptimizerKind::Muon), part);
  steps(before, part, 2);
  Optimizer after(config_of(OptimizerKind::Muon), part);
  after.load_state_dict(before.state_dict(), "test");
  steps(after, part, 3, 2);  // nor does the number of threads change anything
  CHECK(torch::equal(whole[0], part[0]));
  CHECK(torch::equal(whole[1], part[1]));
  CHECK(after.state_dict() == uninterrupted.state_dict());
}

TEST_CASE("Adam's pass over plain memory agrees with the tensor arithmetic that other devices use") {
  torch::Tensor plain = start();
  Optimizer fused(config_of(OptimizerKind::Adam), {plain});
  descend(fused, plain, 5);
  // A tensor that is not contiguous takes the other way.
  torch::Tensor storage = torch::full({4, 2}, 0.5F);
  torch::Tensor strided = storage.select(1, 0).requires_grad_();
  Optimizer general(config_of(OptimizerKind::Adam), {strided});
  descend(general, strided, 5);
  CHECK(torch::allclose(plain, strided, 1e-6, 1e-7));
}

TEST_CASE("a state that does not fit the model is refused") {
  torch::Tensor parameter = start();
  Optimizer optimizer(config_of(OptimizerKind::Adam), {parameter});
  descend(optimizer, parameter, 1);
  torch::Tensor other = torch::zeros({5}, torch::requires_grad());
  Optimizer wrong_shape(config_of(OptimizerKind::Adam), {other});
  require_error(ErrorCode::DataLoss, "shape or type",
                [&] { wrong_shape.load_state_dict(optimizer.state_dict(), "f"); });
  Optimizer wrong_count(config_of(OptimizerKind::Adam), {parameter, other});
  require_error(ErrorCode::DataLoss, "for 1 parameters, the model has 2",
                [&] { wrong_count.load_state_dict(optimizer.state_dict(), "f"); });
  Optimizer wrong_kind(config_of(OptimizerKind::Sgd), {parameter});
  require_error(ErrorCode::DataLoss, "momentum_buffer",
                [&] { wrong_kind.load_state_dict(optimizer.state_dict(), "f"); });
}

}  // namespace animalctl::test
