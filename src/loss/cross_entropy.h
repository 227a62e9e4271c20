#pragma once

#include "compat/torch.h"

namespace animalctl {

// Mean cross-entropy of a batch from raw scores (before sigmoid or softmax), weighted per sample:
//   one column   L = 1/B · Σ wᵢ · BCE(σ(zᵢ), yᵢ'),            yᵢ' = yᵢ·(1−ε) + ε/2
//   K columns    L = 1/B · Σ wᵢ · −Σ_k qᵢₖ·log softmax(zᵢ)ₖ,  q = (1−ε)·onehot(yᵢ) + ε/K
// with ε = `label_smoothing` in [0, 1) (Szegedy et al. 2016; for K columns torch.nn.CrossEntropyLoss has the same).
// `logits` float32 [B, 1] or [B, K]; `targets` float32 [B], the class number, or, where an image is of several classes,
// the share of class 1 [B] or of every class [B, K]; `weights` float32 [B], or undefined for all ones. Returns a scalar
// with gradient.
torch::Tensor cross_entropy(const torch::Tensor& logits, const torch::Tensor& targets,
                            const torch::Tensor& weights = {}, double label_smoothing = 0);

}  // namespace animalctl
