#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "animalctl/checkpoint/value.h"
#include "animalctl/train/train.h"
#include "compat/torch.h"

namespace animalctl {

// SGD with momentum, Adam (Kingma, Ba 2015) and AdamW (Loshchilov, Hutter 2019), with the arithmetic, defaults and
// state dict of torch.optim, and Muon (train/muon.h), with AdamW at 1/25 of the learning rate for the rest, so that a
// run can be handed to Python and back. LibTorch's own optimizers keep their state under keys that differ between 1.13
// and 2.x and cost eight dispatches a tensor and step; on the CPU these update each tensor in one pass. Not
// thread-safe.
class Optimizer {
 public:
  // One scale a parameter, by which its learning rate is multiplied (> 0); none: 1 for all.
  Optimizer(const TrainConfig& config, std::vector<torch::Tensor> parameters, const std::vector<double>& scales = {});

  // From now on the products inside a step of Muon are computed in bfloat16; all other rules stay in float32.
  void use_mixed_precision(bool on) { muon_arithmetic_ = on ? torch::kBFloat16 : torch::kFloat; }
  // Updates every parameter that has a gradient. Muon works on up to `threads` parameters at a time, each on one
  // thread, so that their number changes nothing; leaves LibTorch set to `threads`.
  void step(double learning_rate, int threads = 1);

  // As Python's optimizer.state_dict().
  checkpoint::Value state_dict() const;
  // Takes over a state dict of the same kind of optimizer; throws DataLoss naming what does not fit.
  void load_state_dict(const checkpoint::Value& state, const std::string& origin);

 private:
  struct State {
    torch::Tensor parameter;
    double scale = 1;   // of the learning rate
    bool muon = false;  // else the optimizer's own rule; AdamW with Muon
    std::int64_t steps = 0;
    torch::Tensor first;   // exp_avg, or momentum_buffer
    torch::Tensor second;  // exp_avg_sq
  };
  void step_one(State& state) const;
  void step_sgd(State& state, const torch::Tensor& gradient) const;
  void step_muon(State& state, const torch::Tensor& gradient) const;
  void step_adam(State& state, const torch::Tensor& gradient) const;
  // True when the parameter keeps momentum_buffer, false when it keeps exp_avg and exp_avg_sq.
  bool keeps_momentum(const State& state) const { return kind_ == OptimizerKind::Sgd || state.muon; }
  checkpoint::Value parameter_group() const;

  OptimizerKind kind_;
  double learning_rate_;
  double weight_decay_;
  double momentum_;
  torch::ScalarType muon_arithmetic_ = torch::kFloat;
  std::vector<State> states_;
};

}  // namespace animalctl
