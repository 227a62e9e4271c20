#include "model/backbone_network.h"

#include <span>

#include "model/tensor_conversion.h"

namespace animalctl {

void BackboneNetwork::initialise(std::uint64_t seed) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(seed);
  reset_backbone();
  reset_head();
}

void BackboneNetwork::initialise_head(std::uint64_t seed) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(seed);
  reset_head();
}

Digest BackboneNetwork::backbone_digest() const {
  Sha256 digest;
  for (const NamedTensor& item : state_tensors(*this)) {
    if (is_head(item.name)) continue;
    const torch::Tensor host = item.tensor.detach().to(torch::kCPU).contiguous();
    digest.update(item.name + "\n");
    digest.update(std::span(static_cast<const std::byte*>(host.data_ptr()), host.nbytes()));
  }
  return digest.finish();
}

void BackboneNetwork::freeze_statistics(bool frozen) {
  statistics_frozen_ = frozen;
  train(is_training());
}

void BackboneNetwork::train(bool on) {
  torch::nn::Module::train(on);
  if (!on || !statistics_frozen_) return;
  for (const std::shared_ptr<torch::nn::Module>& module : modules(false)) {
    if (auto* const norm = module->as<torch::nn::BatchNorm2dImpl>()) norm->eval();
  }
}

Preprocessing imagenet_preprocessing() {
  Preprocessing preprocessing;
  preprocessing.width = preprocessing.height = 224;
  preprocessing.channels = 3;
  preprocessing.fit = Fit::Centre;
  preprocessing.centre_share = 0.875F;
  preprocessing.mean = {0.485F, 0.456F, 0.406F};
  preprocessing.std = {0.229F, 0.224F, 0.225F};
  return preprocessing;
}

void initialise_convolutions_fan_out(torch::nn::Module& module) {
  for (const std::shared_ptr<torch::nn::Module>& part : module.modules(false)) {
    auto* const convolution = part->as<torch::nn::Conv2dImpl>();
    if (convolution == nullptr) continue;
    torch::nn::init::kaiming_normal_(convolution->weight, 0, torch::kFanOut, torch::kReLU);
    if (convolution->bias.defined()) torch::nn::init::zeros_(convolution->bias);
  }
}

void initialise_batch_norms(torch::nn::Module& module) {
  for (const std::shared_ptr<torch::nn::Module>& part : module.modules(false)) {
    if (auto* const norm = part->as<torch::nn::BatchNorm2dImpl>()) norm->reset_parameters();
  }
}

}  // namespace animalctl
