#include "loss/binary_cross_entropy.h"

namespace animalctl {

torch::Tensor binary_cross_entropy(const torch::Tensor& probabilities, const torch::Tensor& targets,
                                   const torch::Tensor& weights) {
  return at::binary_cross_entropy(probabilities, targets, weights, at::Reduction::Mean);
}

}  // namespace animalctl
