#pragma once

#include <utility>

#include "compat/torch.h"

namespace animalctl {

// torch::nn::Sequential with a plain forward(), so that one can be an element of another (the template of the
// original cannot be stored there). Children are named 0, 1, 2 … as in Python.
class ChainImpl : public torch::nn::SequentialImpl {
 public:
  using torch::nn::SequentialImpl::SequentialImpl;
  torch::Tensor forward(const torch::Tensor& input) { return torch::nn::SequentialImpl::forward<torch::Tensor>(input); }
};
TORCH_MODULE(Chain);

}  // namespace animalctl
