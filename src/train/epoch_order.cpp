#include "train/epoch_order.h"

namespace animalctl {

EpochOrder::EpochOrder(std::uint64_t seed, std::size_t count) : seed_(seed), count_(static_cast<std::int64_t>(count)) {
  restart();
}

void EpochOrder::restart() {
  generator_ = at::make_generator<at::CPUGeneratorImpl>(seed_);
  next_epoch_ = 0;
}

std::int64_t EpochOrder::draw() {
  return torch::empty({}, torch::kLong).random_(generator_).item<std::int64_t>();
}

std::vector<std::int64_t> EpochOrder::permutation(int epoch) {
  if (epoch < next_epoch_) restart();
  std::int64_t sampler_seed = 0;
  for (; next_epoch_ <= epoch; ++next_epoch_) {
    draw();  // training loader: base seed of its workers
    sampler_seed = draw();
    draw();  // validation loader: base seed, sampler
    draw();
  }
  const auto sampler = at::make_generator<at::CPUGeneratorImpl>(static_cast<std::uint64_t>(sampler_seed));
  const torch::Tensor order = torch::randperm(count_, sampler, torch::TensorOptions().dtype(torch::kLong));
  return {order.data_ptr<std::int64_t>(), order.data_ptr<std::int64_t>() + count_};
}

}  // namespace animalctl
