#include "model/animalnet.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "animalctl/base/error.h"

namespace animalctl {
namespace {

// Eight running sums, so that the compiler can use vector registers without changing the order of additions.
float dot(const float* a, const float* b, std::int64_t size) {
  float sums[8] = {};
  std::int64_t i = 0;
  for (; i + 8 <= size; i += 8) {
    for (int lane = 0; lane < 8; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  }
  float sum = 0;
  for (; i < size; ++i) sum += a[i] * b[i];
  for (const float part : sums) sum += part;
  return sum;
}

float clamped_log(float value) {
  return std::max(std::log(value), -100.0F);
}

class AnimalNet final : public Network {
 public:
  explicit AnimalNet(std::int64_t inputs) : Network(2) {
    fc1_ = register_module("fc1", torch::nn::Linear(torch::nn::LinearOptions(inputs, 1)));
  }

  torch::Tensor logits(const torch::Tensor& input) override {
    return torch::linear(input.flatten(1), fc1_->weight, fc1_->bias);
  }

  // Autograd costs a hundred times the arithmetic of one linear layer, so on the CPU the step is written out:
  //   p = σ(w·x + b),  ∂L/∂z = wᵢ/B · (p − y)/max(p(1−p), 1e-12) · p(1−p),  ∂L/∂w = Σ ∂L/∂z · x
  // with the clamps of torch.nn.BCELoss (log at −100, denominator at 1e-12), in float32 as there.
  double loss_and_gradient(const torch::Tensor& input, const torch::Tensor& targets, const torch::Tensor& weights,
                           double label_smoothing) override {
    const bool plain = input.is_cpu() && input.is_contiguous() && fc1_->weight.is_cpu() && label_smoothing == 0;
    if (!plain) return Network::loss_and_gradient(input, targets, weights, label_smoothing);
    prepare_gradients();
    const auto count = input.size(0);
    const auto size = fc1_->weight.numel();
    const float* const weight = fc1_->weight.data_ptr<float>();
    const float bias = *fc1_->bias.data_ptr<float>();
    const float* const target = targets.data_ptr<float>();
    const float* const importance = weights.defined() ? weights.data_ptr<float>() : nullptr;
    float* const weight_gradient = fc1_->weight.mutable_grad().data_ptr<float>();
    std::fill_n(weight_gradient, size, 0.0F);
    float bias_gradient = 0;
    float loss = 0;
    const float* x = input.data_ptr<float>();
    for (std::int64_t i = 0; i < count; ++i, x += size) {
      const float p = 1.0F / (1.0F + std::exp(-(dot(weight, x, size) + bias)));
      const float y = target[i];
      const float scale = (importance == nullptr ? 1.0F : importance[i]) / static_cast<float>(count);
      loss -= scale * (y * clamped_log(p) + (1.0F - y) * clamped_log(1.0F - p));
      const float spread = p * (1.0F - p);
      const float slope = scale * (p - y) / std::max(spread, 1e-12F) * spread;
      for (std::int64_t j = 0; j < size; ++j) weight_gradient[j] += slope * x[j];
      bias_gradient += slope;
    }
    *fc1_->bias.mutable_grad().data_ptr<float>() = bias_gradient;
    return loss;
  }

  // As the seed: the generator is seeded after construction, then one draw fills the weights
  // (kaiming_uniform with a = 0: bound sqrt(6 / inputs), 0.1531 for 256).
  void initialise(std::uint64_t seed) override {
    const torch::NoGradGuard no_grad;
    torch::manual_seed(seed);
    torch::nn::init::kaiming_uniform_(fc1_->weight);
    fc1_->bias.fill_(0.5);
  }

 private:
  void prepare_gradients() {
    for (torch::Tensor* parameter : {&fc1_->weight, &fc1_->bias}) {
      if (!parameter->grad().defined()) parameter->mutable_grad() = torch::empty_like(*parameter);
    }
  }

  torch::nn::Linear fc1_ = nullptr;
};

}  // namespace

Preprocessing animalnet_preprocessing() {
  return Preprocessing{};
}

std::shared_ptr<Network> make_animalnet(const NetworkOptions& options) {
  if (options.class_count != 2) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("animalnet tells two classes apart, {} were given", options.class_count));
  }
  return std::make_shared<AnimalNet>(static_cast<std::int64_t>(options.preprocessing.size()));
}

}  // namespace animalctl
