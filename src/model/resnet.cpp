#include "model/resnet.h"

#include <array>

#include "model/backbone_network.h"
#include "model/chain.h"
#include "model/image_size.h"

namespace animalctl {
namespace {

constexpr std::int64_t kStemChannels = 64;

torch::nn::Conv2d convolution(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride) {
  return torch::nn::Conv2d(
      torch::nn::Conv2dOptions(in, out, kernel).stride(stride).padding((kernel - 1) / 2).bias(false));
}

// The path beside a block: 1 × 1 convolution and normalisation where the size changes, else nothing.
Chain shortcut(std::int64_t in, std::int64_t out, std::int64_t stride) {
  return stride == 1 && in == out ? Chain(nullptr)
                                  : Chain(convolution(in, out, 1, stride), torch::nn::BatchNorm2d(out));
}

class BasicBlockImpl : public torch::nn::Module {
 public:
  static constexpr std::int64_t kExpansion = 1;

  BasicBlockImpl(std::int64_t in, std::int64_t channels, std::int64_t stride)
      : conv1_(register_module("conv1", convolution(in, channels, 3, stride))),
        bn1_(register_module("bn1", torch::nn::BatchNorm2d(channels))),
        conv2_(register_module("conv2", convolution(channels, channels, 3, 1))),
        bn2_(register_module("bn2", torch::nn::BatchNorm2d(channels))),
        downsample_(shortcut(in, channels, stride)) {
    if (downsample_) register_module("downsample", downsample_);
  }

  torch::Tensor forward(const torch::Tensor& input) {
    const torch::Tensor inner = bn1_->forward(conv1_->forward(input)).relu_();
    const torch::Tensor sum = bn2_->forward(conv2_->forward(inner));
    return torch::relu(sum + (downsample_ ? downsample_->forward(input) : input));
  }

 private:
  torch::nn::Conv2d conv1_;
  torch::nn::BatchNorm2d bn1_;
  torch::nn::Conv2d conv2_;
  torch::nn::BatchNorm2d bn2_;
  Chain downsample_;
};
TORCH_MODULE(BasicBlock);

class BottleneckImpl : public torch::nn::Module {
 public:
  static constexpr std::int64_t kExpansion = 4;

  BottleneckImpl(std::int64_t in, std::int64_t channels, std::int64_t stride)
      : conv1_(register_module("conv1", convolution(in, channels, 1, 1))),
        bn1_(register_module("bn1", torch::nn::BatchNorm2d(channels))),
        conv2_(register_module("conv2", convolution(channels, channels, 3, stride))),
        bn2_(register_module("bn2", torch::nn::BatchNorm2d(channels))),
        conv3_(register_module("conv3", convolution(channels, channels * kExpansion, 1, 1))),
        bn3_(register_module("bn3", torch::nn::BatchNorm2d(channels * kExpansion))),
        downsample_(shortcut(in, channels * kExpansion, stride)) {
    if (downsample_) register_module("downsample", downsample_);
  }

  torch::Tensor forward(const torch::Tensor& input) {
    torch::Tensor inner = bn1_->forward(conv1_->forward(input)).relu_();
    inner = bn2_->forward(conv2_->forward(inner)).relu_();
    inner = bn3_->forward(conv3_->forward(inner));
    return torch::relu(inner + (downsample_ ? downsample_->forward(input) : input));
  }

 private:
  torch::nn::Conv2d conv1_;
  torch::nn::BatchNorm2d bn1_;
  torch::nn::Conv2d conv2_;
  torch::nn::BatchNorm2d bn2_;
  torch::nn::Conv2d conv3_;
  torch::nn::BatchNorm2d bn3_;
  Chain downsample_;
};
TORCH_MODULE(Bottleneck);

template <typename Block>
class ResNet final : public BackboneNetwork {
 public:
  ResNet(const NetworkOptions& options, const std::array<std::int64_t, 4>& blocks)
      : BackboneNetwork(options.class_count),
        conv1_(register_module(
            "conv1",
            torch::nn::Conv2d(torch::nn::Conv2dOptions(3, kStemChannels, 7).stride(2).padding(3).bias(false)))),
        bn1_(register_module("bn1", torch::nn::BatchNorm2d(kStemChannels))) {
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      const std::int64_t channels = kStemChannels << i;
      for (std::int64_t block = 0; block < blocks[i]; ++block) {
        layers_[i]->push_back(Block(size_, channels, block == 0 && i > 0 ? 2 : 1));
        size_ = channels * Block::Impl::kExpansion;
      }
      register_module("layer" + std::to_string(i + 1), layers_[i]);
    }
    fc_ = register_module("fc", torch::nn::Linear(size_, outputs()));
  }

  torch::Tensor features(const torch::Tensor& input) override {
    torch::Tensor maps = bn1_->forward(conv1_->forward(input)).relu_();
    maps = torch::max_pool2d(maps, 3, 2, 1);
    for (Chain& layer : layers_) maps = layer->forward(maps);
    return maps.mean({2, 3});
  }
  torch::Tensor head(const torch::Tensor& features) override { return fc_->forward(features); }
  std::int64_t feature_size() const override { return size_; }
  std::string head_prefix() const override { return "fc."; }
  std::vector<std::string> stages() const override {
    return {"conv1.", "bn1.", "layer1.", "layer2.", "layer3.", "layer4."};
  }

 private:
  void reset_backbone() override {
    initialise_convolutions_fan_out(*this);
    initialise_batch_norms(*this);
  }

  void reset_head() override { fc_->reset_parameters(); }

  std::int64_t size_ = kStemChannels;
  torch::nn::Conv2d conv1_;
  torch::nn::BatchNorm2d bn1_;
  std::array<Chain, 4> layers_;
  torch::nn::Linear fc_ = nullptr;
};

}  // namespace

std::shared_ptr<Network> make_resnet18(const NetworkOptions& options) {
  require_colour_images("resnet18", options.preprocessing, 32);
  return std::make_shared<ResNet<BasicBlock>>(options, std::array<std::int64_t, 4>{2, 2, 2, 2});
}

std::shared_ptr<Network> make_resnet34(const NetworkOptions& options) {
  require_colour_images("resnet34", options.preprocessing, 32);
  return std::make_shared<ResNet<BasicBlock>>(options, std::array<std::int64_t, 4>{3, 4, 6, 3});
}

std::shared_ptr<Network> make_resnet50(const NetworkOptions& options) {
  require_colour_images("resnet50", options.preprocessing, 32);
  return std::make_shared<ResNet<Bottleneck>>(options, std::array<std::int64_t, 4>{3, 4, 6, 3});
}

}  // namespace animalctl
