#include "train/optimizer.h"

#include <fmt/core.h>

#include <cmath>

#include "animalctl/base/error.h"
#include "animalctl/base/parallel.h"
#include "animalctl/checkpoint/field.h"
#include "model/tensor_conversion.h"
#include "train/muon.h"

namespace animalctl {
namespace {

using checkpoint::Dict;
using checkpoint::Field;
using checkpoint::List;
using checkpoint::Tuple;
using checkpoint::Value;

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.999;
constexpr double kEpsilon = 1e-8;
// A step of Muon is a share of the kernel, one of Adam a distance: they are not to be compared.
constexpr double kAdamShareOfMuon = 0.04;

bool plain_cpu(const torch::Tensor& tensor) {
  return tensor.is_cpu() && tensor.scalar_type() == torch::kFloat && tensor.is_contiguous();
}

struct AdamNumbers {
  double decay;       // factor on the parameter (adamw), 1 otherwise
  double l2;          // added to the gradient (adam), 0 otherwise
  double step_size;   // lr / (1 − β1^t)
  double correction;  // √(1 − β2^t)
};

// One pass over plain memory; float32 in the order of torch.optim's single-tensor form.
void adam_pass(float* parameter, const float* gradient, float* first, float* second, std::int64_t count,
               const AdamNumbers& numbers) {
  const auto beta1 = static_cast<float>(kBeta1);
  const auto beta2 = static_cast<float>(kBeta2);
  const auto one_minus_beta1 = static_cast<float>(1 - kBeta1);
  const auto one_minus_beta2 = static_cast<float>(1 - kBeta2);
  const auto epsilon = static_cast<float>(kEpsilon);
  const auto decay = static_cast<float>(numbers.decay);
  const auto l2 = static_cast<float>(numbers.l2);
  const auto step_size = static_cast<float>(-numbers.step_size);
  const auto correction = static_cast<float>(numbers.correction);
  for (std::int64_t i = 0; i < count; ++i) {
    const float value = parameter[i] * decay;
    const float g = gradient[i] + l2 * value;
    first[i] = first[i] * beta1 + one_minus_beta1 * g;
    second[i] = second[i] * beta2 + one_minus_beta2 * g * g;
    parameter[i] = value + step_size * (first[i] / (std::sqrt(second[i]) / correction + epsilon));
  }
}

void adam_tensors(torch::Tensor& parameter, torch::Tensor gradient, torch::Tensor& first, torch::Tensor& second,
                  const AdamNumbers& numbers) {
  if (numbers.decay != 1) parameter.mul_(numbers.decay);
  if (numbers.l2 != 0) gradient = gradient.add(parameter, numbers.l2);
  first.mul_(kBeta1).add_(gradient, 1 - kBeta1);
  second.mul_(kBeta2).addcmul_(gradient, gradient, 1 - kBeta2);
  parameter.addcdiv_(first, (second.sqrt() / numbers.correction).add_(kEpsilon), -numbers.step_size);
}

torch::Tensor read_buffer(const Field& field, const torch::Tensor& parameter) {
  const torch::Tensor tensor = from_plain(field.tensor());
  if (tensor.sizes() != parameter.sizes() || tensor.scalar_type() != parameter.scalar_type()) {
    field.refuse("its shape or type is not that of the parameter");
  }
  return tensor.to(parameter.device());
}

}  // namespace

Optimizer::Optimizer(const TrainConfig& config, std::vector<torch::Tensor> parameters,
                     const std::vector<double>& scales)
    : kind_(config.optimizer),
      learning_rate_(config.learning_rate),
      weight_decay_(config.weight_decay),
      momentum_(config.momentum) {
  for (torch::Tensor& parameter : parameters) {
    State state;
    state.parameter = std::move(parameter);
    if (!scales.empty()) state.scale = scales[states_.size()];
    if (kind_ == OptimizerKind::Muon) {
      state.muon = learns_by_muon(state.parameter);
      if (!state.muon) state.scale *= kAdamShareOfMuon;
    }
    states_.push_back(std::move(state));
  }
}

void Optimizer::step(double learning_rate, int threads) {
  learning_rate_ = learning_rate;
  if (kind_ != OptimizerKind::Muon || threads == 1) {
    for (State& state : states_) step_one(state);
    return;
  }
  // From the last: the largest kernels are there, and a thread that begins one late keeps the others waiting.
  parallel_for(states_.size(), threads, [&](std::size_t i) {
    at::set_num_threads(1);
    step_one(states_[states_.size() - 1 - i]);
  });
  at::set_num_threads(threads);
}

void Optimizer::step_one(State& state) const {
  const torch::NoGradGuard no_grad;
  const torch::Tensor& gradient = state.parameter.grad();
  if (!gradient.defined()) return;
  ++state.steps;
  if (state.muon) {
    step_muon(state, gradient);
  } else if (kind_ == OptimizerKind::Sgd) {
    step_sgd(state, gradient);
  } else {
    step_adam(state, gradient);
  }
}

void Optimizer::step_sgd(State& state, const torch::Tensor& gradient) const {
  torch::Tensor update = weight_decay_ == 0 ? gradient : gradient.add(state.parameter, weight_decay_);
  if (momentum_ != 0) {
    if (state.first.defined()) {
      state.first.mul_(momentum_).add_(update);
    } else {
      state.first = update.clone();
    }
    update = state.first;
  }
  state.parameter.add_(update, -learning_rate_ * state.scale);
}

void Optimizer::step_muon(State& state, const torch::Tensor& gradient) const {
  if (!state.first.defined()) state.first = torch::zeros_like(state.parameter);
  muon_step(state.parameter, gradient, state.first, momentum_, learning_rate_ * state.scale, muon_arithmetic_);
}

void Optimizer::step_adam(State& state, const torch::Tensor& gradient) const {
  if (!state.first.defined()) {
    state.first = torch::zeros_like(state.parameter);
    state.second = torch::zeros_like(state.parameter);
  }
  const auto steps = static_cast<double>(state.steps);
  const bool decoupled = kind_ != OptimizerKind::Adam;
  const double learning_rate = learning_rate_ * state.scale;
  AdamNumbers numbers{};
  numbers.decay = decoupled ? 1 - learning_rate * weight_decay_ : 1;
  numbers.l2 = decoupled ? 0 : weight_decay_;
  numbers.step_size = learning_rate / (1 - std::pow(kBeta1, steps));
  numbers.correction = std::sqrt(1 - std::pow(kBeta2, steps));
  if (plain_cpu(state.parameter) && plain_cpu(gradient)) {
    adam_pass(state.parameter.data_ptr<float>(), gradient.data_ptr<float>(), state.first.data_ptr<float>(),
              state.second.data_ptr<float>(), state.parameter.numel(), numbers);
  } else {
    adam_tensors(state.parameter, gradient, state.first, state.second, numbers);
  }
}

Value Optimizer::parameter_group() const {
  Dict group;
  group.set("lr", learning_rate_);
  if (kind_ == OptimizerKind::Sgd) {
    group.set("momentum", momentum_);
    group.set("dampening", 0);
    group.set("weight_decay", weight_decay_);
    group.set("nesterov", false);
  } else {
    if (kind_ == OptimizerKind::Muon) {
      group.set("momentum", momentum_);
      group.set("nesterov", true);
    }
    group.set("betas", Tuple{{kBeta1, kBeta2}});
    group.set("eps", kEpsilon);
    group.set("weight_decay", weight_decay_);
    group.set("amsgrad", false);
    group.set("capturable", false);
  }
  group.set("maximize", false);
  group.set("foreach", Value());
  group.set("differentiable", false);
  if (kind_ == OptimizerKind::Adam) group.set("fused", false);
  List indices;
  for (std::size_t i = 0; i < states_.size(); ++i) indices.items.emplace_back(static_cast<std::int64_t>(i));
  group.set("params", std::move(indices));
  return group;
}

Value Optimizer::state_dict() const {
  Dict states;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const State& state = states_[i];
    if (!state.first.defined()) continue;
    Dict entry;
    if (keeps_momentum(state)) {
      entry.set("momentum_buffer", to_plain(state.first));
    } else {
      const auto steps = static_cast<float>(state.steps);
      entry.set("step", checkpoint::make_tensor<float>({}, {&steps, 1}));
      entry.set("exp_avg", to_plain(state.first));
      entry.set("exp_avg_sq", to_plain(state.second));
    }
    states.set(static_cast<std::int64_t>(i), std::move(entry));
  }
  Dict dict;
  dict.set("state", std::move(states));
  dict.set("param_groups", List{{parameter_group()}});
  return dict;
}

void Optimizer::load_state_dict(const Value& value, const std::string& origin) {
  const Field root(value, origin + ": optimizer_state_dict");
  const std::size_t given = root.at("param_groups").at(0).at("params").size();
  if (given != states_.size()) {
    root.refuse(fmt::format("it is for {} parameters, the model has {}", given, states_.size()));
  }
  const Field entries = root.at("state");
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const auto index = static_cast<std::int64_t>(i);
    if (!entries.has(index)) continue;
    const Field entry = entries.at(index);
    State& state = states_[i];
    if (keeps_momentum(state)) {
      // None without momentum.
      const Field buffer = entry.at("momentum_buffer");
      if (!buffer.is_none()) state.first = read_buffer(buffer, state.parameter);
      continue;
    }
    state.steps = static_cast<std::int64_t>(entry.at("step").number());
    state.first = read_buffer(entry.at("exp_avg"), state.parameter);
    state.second = read_buffer(entry.at("exp_avg_sq"), state.parameter);
  }
}

}  // namespace animalctl
