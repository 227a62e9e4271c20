#include "train/moving_average.h"

#include <fmt/core.h>

#include <algorithm>

#include "animalctl/base/error.h"

namespace animalctl {

MovingAverage::MovingAverage(const torch::nn::Module& network, double decay) : decay_(decay) {
  for (NamedTensor& item : state_tensors(network)) {
    if (!item.tensor.is_floating_point()) continue;
    averages_.push_back(item.tensor.detach().clone());
    tensors_.push_back(std::move(item));
  }
}

void MovingAverage::update() {
  const torch::NoGradGuard no_grad;
  const auto n = static_cast<double>(updates_++);
  const double decay = std::min(decay_, (1 + n) / (10 + n));
  for (std::size_t i = 0; i < tensors_.size(); ++i) averages_[i].lerp_(tensors_[i].tensor, 1 - decay);
}

void MovingAverage::swap() {
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    const torch::Tensor value = tensors_[i].tensor.detach().clone();
    tensors_[i].tensor.copy_(averages_[i]);
    averages_[i].copy_(value);
  }
}

checkpoint::Dict MovingAverage::state() const {
  checkpoint::Dict state;
  for (std::size_t i = 0; i < tensors_.size(); ++i) state.set(tensors_[i].name, to_plain(averages_[i]));
  return state;
}

void MovingAverage::restore(const checkpoint::Dict& state, std::int64_t updates, const std::string& origin) {
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    const checkpoint::Value* const found = state.find(tensors_[i].name);
    const auto* const tensor = found == nullptr ? nullptr : found->get_if<checkpoint::Tensor>();
    if (tensor == nullptr || at::IntArrayRef(tensor->shape) != averages_[i].sizes()) {
      throw Error(ErrorCode::DataLoss,
                  fmt::format("{}: its moving average has no {} of the network's shape", origin, tensors_[i].name));
    }
    averages_[i].copy_(from_plain(*tensor));
  }
  updates_ = updates;
}

}  // namespace animalctl
