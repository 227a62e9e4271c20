#include "model/squeezenet1_1.h"

#include <fmt/core.h>

#include "model/backbone_network.h"
#include "model/chain.h"
#include "model/image_size.h"

namespace animalctl {
namespace {

constexpr std::int64_t kFeatures = 512;
constexpr double kDropout = 0.5;
constexpr std::size_t kPublishedClasses = 1000;

torch::nn::ReLU relu() {
  return torch::nn::ReLU(torch::nn::ReLUOptions().inplace(true));
}

torch::nn::MaxPool2d pool() {
  return torch::nn::MaxPool2d(torch::nn::MaxPool2dOptions(3).stride(2).ceil_mode(true));
}

class FireImpl : public torch::nn::Module {
 public:
  FireImpl(std::int64_t in, std::int64_t squeeze, std::int64_t expand)
      : squeeze_(register_module("squeeze", torch::nn::Conv2d(torch::nn::Conv2dOptions(in, squeeze, 1)))),
        expand1x1_(register_module("expand1x1", torch::nn::Conv2d(torch::nn::Conv2dOptions(squeeze, expand, 1)))),
        expand3x3_(
            register_module("expand3x3", torch::nn::Conv2d(torch::nn::Conv2dOptions(squeeze, expand, 3).padding(1)))) {}

  torch::Tensor forward(const torch::Tensor& input) {
    const torch::Tensor squeezed = torch::relu(squeeze_->forward(input));
    return torch::cat({torch::relu(expand1x1_->forward(squeezed)), torch::relu(expand3x3_->forward(squeezed))}, 1);
  }

 private:
  torch::nn::Conv2d squeeze_;
  torch::nn::Conv2d expand1x1_;
  torch::nn::Conv2d expand3x3_;
};
TORCH_MODULE(Fire);

class SqueezeNet final : public BackboneNetwork {
 public:
  explicit SqueezeNet(const NetworkOptions& options)
      : BackboneNetwork(options.class_count), clips_maps_(options.class_count == kPublishedClasses) {
    features_ = Chain(torch::nn::Conv2d(torch::nn::Conv2dOptions(3, 64, 3).stride(2)), relu(), pool(), Fire(64, 16, 64),
                      Fire(128, 16, 64), pool(), Fire(128, 32, 128), Fire(256, 32, 128), pool(), Fire(256, 48, 192),
                      Fire(384, 48, 192), Fire(384, 64, 256), Fire(512, 64, 256));
    register_module("features", features_);
    classifier_ =
        Chain(torch::nn::Dropout(kDropout), torch::nn::Conv2d(torch::nn::Conv2dOptions(kFeatures, outputs(), 1)),
              relu(), torch::nn::AdaptiveAvgPool2d(torch::nn::AdaptiveAvgPool2dOptions(1)));
    register_module("classifier", classifier_);
  }

  torch::Tensor logits(const torch::Tensor& input) override {
    if (!clips_maps_) return BackboneNetwork::logits(input);
    return classifier_->forward(features_->forward(input)).flatten(1);
  }
  NetworkAnswer answer(const torch::Tensor& input) override {
    if (!clips_maps_) return BackboneNetwork::answer(input);
    const torch::Tensor maps = features_->forward(input);
    return {classifier_->forward(maps).flatten(1), maps.mean({2, 3})};
  }
  torch::Tensor features(const torch::Tensor& input) override { return features_->forward(input).mean({2, 3}); }

  // A 1 × 1 convolution of the means is the mean of the 1 × 1 convolution.
  torch::Tensor head(const torch::Tensor& features) override {
    const auto* const convolution = classifier_[1]->as<torch::nn::Conv2dImpl>();
    const torch::Tensor kept = torch::dropout(features, kDropout, is_training());
    return torch::linear(kept, convolution->weight.flatten(1), convolution->bias);
  }
  std::int64_t feature_size() const override { return kFeatures; }
  std::string head_prefix() const override { return "classifier.1."; }

  std::vector<std::string> stages() const override {
    std::vector<std::string> prefixes;
    for (std::size_t i = 0; i < features_->size(); ++i) {
      if (!features_->ptr(i)->parameters().empty()) prefixes.push_back(fmt::format("features.{}.", i));
    }
    return prefixes;
  }

 private:
  void reset_backbone() override {
    for (const std::shared_ptr<torch::nn::Module>& part : features_->modules(false)) {
      auto* const convolution = part->as<torch::nn::Conv2dImpl>();
      if (convolution == nullptr) continue;
      torch::nn::init::kaiming_uniform_(convolution->weight);
      torch::nn::init::zeros_(convolution->bias);
    }
  }

  void reset_head() override {
    auto* const convolution = classifier_[1]->as<torch::nn::Conv2dImpl>();
    torch::nn::init::normal_(convolution->weight, 0, 0.01);
    torch::nn::init::zeros_(convolution->bias);
  }

  const bool clips_maps_;
  Chain features_;
  Chain classifier_;
};

}  // namespace

std::shared_ptr<Network> make_squeezenet1_1(const NetworkOptions& options) {
  require_colour_images("squeezenet1_1", options.preprocessing, 32);
  return std::make_shared<SqueezeNet>(options);
}

}  // namespace animalctl
