#include "model/network.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "compat/autocast.h"
#include "loss/cross_entropy.h"

namespace animalctl {
namespace {

bool all_finite(const torch::Tensor& values) {
  if (!values.is_cpu()) return values.isfinite().all().item<bool>();
  const torch::Tensor plain = values.contiguous();
  const float* const begin = plain.data_ptr<float>();
  return std::all_of(begin, begin + plain.numel(), [](float value) { return std::isfinite(value); });
}

}  // namespace

torch::Tensor Network::probabilities(const torch::Tensor& input) {
  const torch::Tensor scores = logits(input);
  return outputs() == 1 ? torch::sigmoid(scores) : torch::softmax(scores, 1);
}

torch::Tensor Network::forward_to_learn(const torch::Tensor& input) {
  if (!mixed_precision_) return logits(input);
  const Autocast autocast(input.device().type(), true);
  return logits(input).to(torch::kFloat);
}

double Network::loss_and_gradient(const torch::Tensor& input, const torch::Tensor& targets,
                                  const torch::Tensor& weights, double label_smoothing) {
  for (torch::Tensor& parameter : parameters()) parameter.mutable_grad() = torch::Tensor();
  const torch::Tensor answer = forward_to_learn(input);
  if (!all_finite(answer.detach())) return std::numeric_limits<double>::quiet_NaN();
  const torch::Tensor loss = cross_entropy(answer, targets, weights, label_smoothing);
  loss.backward();
  return loss.item<float>();
}

}  // namespace animalctl
