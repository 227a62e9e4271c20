#pragma once

#include "compat/torch.h"

namespace animalctl {

// Muon (Jordan et al. 2024): the update of a convolution's kernel, seen as a matrix of one row a filter, is made
// orthogonal, so that rare directions are learned as quickly as common ones.

// True for what Muon is meant for: kernels of convolutions within a network. The first convolution, depthwise ones,
// biases, norms and linear layers learn by AdamW.
bool learns_by_muon(const torch::Tensor& parameter);

// The orthogonal matrix nearest to `matrix` [R, C] (not all zero), roughly: three steps of a quintic Newton–Schulz
// iteration with Jordan's coefficients bring all singular values near one. Its products are computed in `arithmetic`:
// float32, or bfloat16, which is exact enough for "near" and quicker where the processor has instructions for it.
torch::Tensor orthogonalised(const torch::Tensor& matrix, torch::ScalarType arithmetic = torch::kFloat);

// One step with Nesterov momentum, in place; `momentum_buffer` has the kernel's shape. The kernel's norm does not
// change: `learning_rate` is the length of the step as a share of it. What follows the convolution has to be a batch
// normalisation for the kernel's norm to be of no importance (as in airbench, Jordan 2024).
void muon_step(torch::Tensor& kernel, const torch::Tensor& gradient, torch::Tensor& momentum_buffer, double momentum,
               double learning_rate, torch::ScalarType arithmetic = torch::kFloat);

}  // namespace animalctl
