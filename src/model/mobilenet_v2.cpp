#include "model/mobilenet_v2.h"

#include <fmt/core.h>

#include "model/backbone_network.h"
#include "model/chain.h"
#include "model/image_size.h"

namespace animalctl {
namespace {

constexpr std::int64_t kFeatures = 1280;
constexpr double kDropout = 0.2;

// One row of table 2 of the paper: expansion, channels, repeats, stride of the first.
struct BlockRow {
  std::int64_t expansion, channels, repeats, stride;
};
constexpr BlockRow kRows[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                              {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};

// Convolution, batch normalisation, ReLU6: torchvision's Conv2dNormActivation.
Chain conv_norm_relu6(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride,
                      std::int64_t groups = 1) {
  const auto convolution =
      torch::nn::Conv2dOptions(in, out, kernel).stride(stride).padding((kernel - 1) / 2).groups(groups).bias(false);
  return Chain(torch::nn::Conv2d(convolution), torch::nn::BatchNorm2d(out),
               torch::nn::ReLU6(torch::nn::ReLU6Options().inplace(true)));
}

class InvertedResidualImpl : public torch::nn::Module {
 public:
  InvertedResidualImpl(std::int64_t in, std::int64_t out, std::int64_t stride, std::int64_t expansion)
      : residual_(stride == 1 && in == out) {
    const std::int64_t hidden = in * expansion;
    if (expansion != 1) conv_->push_back(conv_norm_relu6(in, hidden, 1, 1));
    conv_->push_back(conv_norm_relu6(hidden, hidden, 3, stride, hidden));
    conv_->push_back(torch::nn::Conv2d(torch::nn::Conv2dOptions(hidden, out, 1).bias(false)));
    conv_->push_back(torch::nn::BatchNorm2d(out));
    register_module("conv", conv_);
  }
  torch::Tensor forward(const torch::Tensor& x) { return residual_ ? x + conv_->forward(x) : conv_->forward(x); }

 private:
  const bool residual_;
  Chain conv_;
};
TORCH_MODULE(InvertedResidual);

class MobileNetV2 final : public BackboneNetwork {
 public:
  explicit MobileNetV2(const NetworkOptions& options) : BackboneNetwork(options.class_count) {
    std::int64_t channels = 32;
    features_->push_back(conv_norm_relu6(3, channels, 3, 2));
    for (const BlockRow& row : kRows) {
      for (std::int64_t i = 0; i < row.repeats; ++i) {
        features_->push_back(InvertedResidual(channels, row.channels, i == 0 ? row.stride : 1, row.expansion));
        channels = row.channels;
      }
    }
    features_->push_back(conv_norm_relu6(channels, kFeatures, 1, 1));
    register_module("features", features_);
    classifier_ = Chain(torch::nn::Dropout(kDropout), torch::nn::Linear(kFeatures, outputs()));
    register_module("classifier", classifier_);
  }

  torch::Tensor features(const torch::Tensor& input) override { return features_->forward(input).mean({2, 3}); }
  torch::Tensor head(const torch::Tensor& features) override { return classifier_->forward(features); }
  std::int64_t feature_size() const override { return kFeatures; }
  std::string head_prefix() const override { return "classifier.1."; }

  std::vector<std::string> stages() const override {
    std::vector<std::string> prefixes;
    for (std::size_t i = 0; i < features_->size(); ++i) prefixes.push_back(fmt::format("features.{}.", i));
    return prefixes;
  }

 private:
  void reset_backbone() override {
    initialise_convolutions_fan_out(*this);
    initialise_batch_norms(*this);
  }

  void reset_head() override {
    auto* const linear = classifier_[1]->as<torch::nn::LinearImpl>();
    torch::nn::init::normal_(linear->weight, 0, 0.01);
    torch::nn::init::zeros_(linear->bias);
  }

  Chain features_;
  Chain classifier_;
};

}  // namespace

std::shared_ptr<Network> make_mobilenet_v2(const NetworkOptions& options) {
  require_colour_images("mobilenet_v2", options.preprocessing, 32);
  return std::make_shared<MobileNetV2>(options);
}

}  // namespace animalctl
