#pragma once

#include <cstdint>
#include <vector>

#include "animalctl/checkpoint/value.h"
#include "compat/torch.h"
#include "model/tensor_conversion.h"

namespace animalctl {

// An exponential moving average of a network's floating-point tensors, parameters and buffers (Polyak, Juditsky 1992;
// the form of Tarvainen, Valpola 2017): average ← d·average + (1−d)·value with d = min(decay, (1+n)/(10+n)) at update
// n, so that the starting values are forgotten soon. Not thread-safe.
class MovingAverage {
 public:
  MovingAverage(const torch::nn::Module& network, double decay);

  void update();
  // Exchanges average and network: the network then answers as the average. To be called twice.
  void swap();

  // For --resume: the average as a state dict, and how often it was updated.
  checkpoint::Dict state() const;
  std::int64_t updates() const { return updates_; }
  // Throws DataLoss when a tensor is missing or of another shape.
  void restore(const checkpoint::Dict& state, std::int64_t updates, const std::string& origin);

 private:
  const double decay_;
  std::int64_t updates_ = 0;
  std::vector<NamedTensor> tensors_;     // the network's own
  std::vector<torch::Tensor> averages_;  // one a tensor
};

}  // namespace animalctl
