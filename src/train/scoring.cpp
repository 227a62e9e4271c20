#include "train/scoring.h"

#include <algorithm>

namespace animalctl {

std::vector<float> score_store(Network& network, torch::Device device, const Preprocessing& preprocessing,
                               const FrameStore& store, std::size_t batch_size) {
  const c10::InferenceMode inference;
  const Normaliser normaliser(preprocessing);
  const std::size_t size = preprocessing.size();
  const std::size_t capacity = std::min(batch_size, store.size());
  const torch::Tensor input = torch::empty(
      {static_cast<std::int64_t>(capacity), preprocessing.channels, preprocessing.height, preprocessing.width});
  std::vector<float> scores;
  scores.reserve(store.size());
  for (std::size_t begin = 0; begin < store.size(); begin += capacity) {
    const std::size_t count = std::min(capacity, store.size() - begin);
    for (std::size_t i = 0; i < count; ++i) {
      normaliser.apply({store.pixels[begin + i], size}, {input.data_ptr<float>() + i * size, size});
    }
    const torch::Tensor part = input.narrow(0, 0, static_cast<std::int64_t>(count)).to(device);
    const torch::Tensor result = network.probabilities(part).to(torch::kCPU).contiguous();
    scores.insert(scores.end(), result.data_ptr<float>(), result.data_ptr<float>() + result.numel());
  }
  return scores;
}

}  // namespace animalctl
