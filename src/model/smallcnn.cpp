#include "model/smallcnn.h"

#include "model/backbone_network.h"
#include "model/chain.h"
#include "model/image_size.h"

namespace animalctl {
namespace {

constexpr std::int64_t kStageChannels[] = {32, 64, 128, 256};

torch::nn::Conv2d convolution(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride) {
  return torch::nn::Conv2d(
      torch::nn::Conv2dOptions(in, out, kernel).stride(stride).padding((kernel - 1) / 2).bias(false));
}

class ResidualImpl : public torch::nn::Module {
 public:
  ResidualImpl(std::int64_t in, std::int64_t out, std::int64_t stride)
      : conv1_(register_module("conv1", convolution(in, out, 3, stride))),
        bn1_(register_module("bn1", torch::nn::BatchNorm2d(out))),
        conv2_(register_module("conv2", convolution(out, out, 3, 1))),
        bn2_(register_module("bn2", torch::nn::BatchNorm2d(out))) {
    if (in == out && stride == 1) return;
    shortcut_ = register_module("shortcut", Chain(convolution(in, out, 1, stride), torch::nn::BatchNorm2d(out)));
  }

  torch::Tensor forward(const torch::Tensor& input) {
    const torch::Tensor inner = bn1_->forward(conv1_->forward(input)).relu_();
    const torch::Tensor sum = bn2_->forward(conv2_->forward(inner));
    return (sum + (shortcut_ ? shortcut_->forward(input) : input)).relu_();
  }

  // The block starts as its shortcut: training is steadier when every block begins by doing nothing
  // (Goyal et al. 2017, §5.1).
  void start_as_shortcut() { torch::nn::init::zeros_(bn2_->weight); }

 private:
  torch::nn::Conv2d conv1_;
  torch::nn::BatchNorm2d bn1_;
  torch::nn::Conv2d conv2_;
  torch::nn::BatchNorm2d bn2_;
  Chain shortcut_ = nullptr;
};
TORCH_MODULE(Residual);

class SmallCnn final : public Network {
 public:
  explicit SmallCnn(const NetworkOptions& options)
      : Network(options.class_count),
        stem_(register_module("stem",
                              Chain(convolution(3, kStageChannels[0], 3, 2), torch::nn::BatchNorm2d(kStageChannels[0]),
                                    torch::nn::ReLU(torch::nn::ReLUOptions().inplace(true))))) {
    std::int64_t channels = kStageChannels[0];
    for (const std::int64_t wider : kStageChannels) {
      stages_->push_back(Residual(channels, wider, wider == channels ? 1 : 2));
      channels = wider;
    }
    register_module("stages", stages_);
    fc_ = register_module("fc", torch::nn::Linear(channels, outputs()));
  }

  torch::Tensor logits(const torch::Tensor& input) override {
    if (is_training()) return scores(input);
    return (scores(input) + scores(input.flip({3}))) / 2;
  }

  void initialise(std::uint64_t seed) override {
    const torch::NoGradGuard no_grad;
    torch::manual_seed(seed);
    initialise_convolutions_fan_out(*this);
    initialise_batch_norms(*this);
    for (const std::shared_ptr<torch::nn::Module>& stage : stages_->children()) {
      stage->as<ResidualImpl>()->start_as_shortcut();
    }
    fc_->reset_parameters();
  }

 private:
  torch::Tensor scores(const torch::Tensor& input) {
    return fc_->forward(stages_->forward(stem_->forward(input)).mean({2, 3}));
  }

  Chain stem_;
  Chain stages_;
  torch::nn::Linear fc_ = nullptr;
};

}  // namespace

Preprocessing smallcnn_preprocessing() {
  Preprocessing preprocessing = imagenet_preprocessing();
  preprocessing.width = preprocessing.height = 64;
  preprocessing.centre_share = 1;
  return preprocessing;
}

std::shared_ptr<Network> make_smallcnn(const NetworkOptions& options) {
  require_colour_images("smallcnn", options.preprocessing, 32);
  return std::make_shared<SmallCnn>(options);
}

}  // namespace animalctl
