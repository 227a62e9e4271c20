#pragma once

#include <memory>

#include "model/backbone_network.h"

namespace animalctl {

// The head of a backbone network as a network of its own, whose input is features: float32 [B, feature_size()]. Shares
// the backbone network's tensors; its parameters() are those of the whole.
class HeadNetwork final : public Network {
 public:
  explicit HeadNetwork(std::shared_ptr<BackboneNetwork> whole)
      : Network(whole->class_count()), whole_(register_module("whole", std::move(whole))) {}

  torch::Tensor logits(const torch::Tensor& features) override { return whole_->head(features); }
  void initialise(std::uint64_t seed) override { whole_->initialise_head(seed); }

 private:
  std::shared_ptr<BackboneNetwork> whole_;
};

}  // namespace animalctl
