#include "model/network.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "loss/binary_cross_entropy.h"

namespace animalctl {
namespace {

bool all_finite(const torch::Tensor& values) {
  if (!values.is_cpu()) return values.isfinite().all().item<bool>();
  const float* const begin = values.data_ptr<float>();
  return std::all_of(begin, begin + values.numel(), [](float value) { return std::isfinite(value); });
}

}  // namespace

double Network::loss_and_gradient(const torch::Tensor& input, const torch::Tensor& targets,
                                  const torch::Tensor& weights) {
  for (torch::Tensor& parameter : parameters()) parameter.mutable_grad() = torch::Tensor();
  const torch::Tensor answer = probabilities(input);
  // LibTorch's loss refuses NaN with an exception of its own.
  if (!all_finite(answer)) return std::numeric_limits<double>::quiet_NaN();
  const torch::Tensor loss = binary_cross_entropy(answer, targets, weights);
  loss.backward();
  return loss.item<float>();
}

}  // namespace animalctl
