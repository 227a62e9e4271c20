#include "model/feature_extractor.h"

#include <fmt/core.h>

#include <cstring>

namespace animalctl {
namespace {

// Small enough for the maps to stay in the caches and in the allocator's arenas.
constexpr std::int64_t kBatch = 4;
constexpr std::int64_t kBatchCuda = 128;

torch::Tensor blank_batch(const Preprocessing& preprocessing, torch::Device device) {
  return torch::zeros(
      {device.is_cpu() ? kBatch : kBatchCuda, preprocessing.channels, preprocessing.height, preprocessing.width});
}

}  // namespace

FeatureExtractor::FeatureExtractor(std::shared_ptr<BackboneNetwork> network, const std::string& architecture,
                                   const Preprocessing& preprocessing, torch::Device device, Precision precision)
    : network_(std::move(network)),
      preprocessing_(preprocessing),
      normaliser_(preprocessing),
      device_(device),
      precision_(precision),
      name_(fmt::format("{}-{}-{}-{}", architecture, network_->backbone_digest().hex().substr(0, 16),
                        preprocessing.preparation_name(), precision_key(precision, device))) {}

std::size_t FeatureExtractor::feature_size() const {
  return static_cast<std::size_t>(network_->feature_size());
}

std::size_t FeatureExtractor::batch_size() const {
  return static_cast<std::size_t>(device_.is_cpu() ? kBatch : kBatchCuda);
}

const InferencePlan& FeatureExtractor::plan() {
  std::call_once(planned_, [&] {
    const torch::NoGradGuard no_grad;
    torch::Tensor example = blank_batch(preprocessing_, device_);
    // Any picture will do to compare candidates; a constant one would leave most maps empty.
    for (std::int64_t i = 0; i < example.numel(); ++i) {
      example.data_ptr<float>()[i] = static_cast<float>((i * 7919) % 1009) / 500.0F - 1.0F;
    }
    plan_.emplace(
        *network_, [this](const torch::Tensor& input) { return network_->features(input); },
        InferencePlan::Options{example, precision_, device_});
  });
  return *plan_;
}

std::vector<std::uint16_t> FeatureExtractor::extract(std::span<const ImageU8> images) {
  const c10::InferenceMode inference;
  const InferencePlan& how = plan();
  torch::Tensor input = blank_batch(preprocessing_, device_);
  const std::size_t size = preprocessing_.size();
  for (std::size_t i = 0; i < images.size(); ++i) {
    normaliser_.apply(prepare(images[i], preprocessing_), {input.data_ptr<float>() + i * size, size});
  }
  const torch::Tensor halves = how.run(input).to(torch::kHalf).contiguous();
  std::vector<std::uint16_t> features(images.size() * feature_size());
  std::memcpy(features.data(), halves.data_ptr(), features.size() * sizeof(std::uint16_t));
  return features;
}

std::string FeatureExtractor::description() const {
  return plan_ ? plan_->description() : "not run";
}

}  // namespace animalctl
