#include "train/scoring.h"

#include <algorithm>

namespace animalctl {

std::vector<float> score_samples(Network& network, torch::Device device, const Samples& samples,
                                 std::size_t batch_size) {
  const c10::InferenceMode inference;
  const std::size_t capacity = std::min(batch_size, samples.size());
  std::vector<std::int64_t> shape = samples.shape();
  shape.insert(shape.begin(), static_cast<std::int64_t>(capacity));
  const torch::Tensor input = torch::empty(shape);
  const auto size = static_cast<std::size_t>(input.numel()) / capacity;
  std::vector<float> scores;
  scores.reserve(samples.size() * static_cast<std::size_t>(network.outputs()));
  for (std::size_t begin = 0; begin < samples.size(); begin += capacity) {
    const std::size_t count = std::min(capacity, samples.size() - begin);
    for (std::size_t i = 0; i < count; ++i) samples.read(begin + i, 0, {input.data_ptr<float>() + i * size, size});
    const torch::Tensor part = input.narrow(0, 0, static_cast<std::int64_t>(count)).to(device);
    const torch::Tensor result = network.probabilities(part).to(torch::kCPU).contiguous();
    scores.insert(scores.end(), result.data_ptr<float>(), result.data_ptr<float>() + result.numel());
  }
  return scores;
}

}  // namespace animalctl
