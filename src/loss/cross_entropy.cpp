#include "loss/cross_entropy.h"

namespace animalctl {
namespace {

torch::Tensor of_one_column(const torch::Tensor& logits, const torch::Tensor& targets, double smoothing) {
  const torch::Tensor smooth = smoothing == 0 ? targets : targets * (1 - smoothing) + smoothing / 2;
  return at::binary_cross_entropy_with_logits(logits.squeeze(1), smooth, {}, {}, at::Reduction::None);
}

torch::Tensor of_columns(const torch::Tensor& logits, const torch::Tensor& targets, double smoothing) {
  const torch::Tensor log_probabilities = torch::log_softmax(logits, 1);
  if (targets.dim() == 2) {
    const torch::Tensor shares = targets * (1 - smoothing) + smoothing / static_cast<double>(logits.size(1));
    return -(shares * log_probabilities).sum(1);
  }
  const torch::Tensor chosen = log_probabilities.gather(1, targets.to(torch::kLong).unsqueeze(1)).squeeze(1);
  if (smoothing == 0) return -chosen;
  return -(chosen * (1 - smoothing) + log_probabilities.mean(1) * smoothing);
}

}  // namespace

torch::Tensor cross_entropy(const torch::Tensor& logits, const torch::Tensor& targets, const torch::Tensor& weights,
                            double label_smoothing) {
  const torch::Tensor each = logits.size(1) == 1 ? of_one_column(logits, targets, label_smoothing)
                                                 : of_columns(logits, targets, label_smoothing);
  return weights.defined() ? (each * weights).mean() : each.mean();
}

}  // namespace animalctl
