#include "model/smallcnn.h"

#include "model/backbone_network.h"
#include "model/chain.h"
#include "model/image_size.h"

namespace animalctl {
namespace {

constexpr std::int64_t kStemChannels = 32;
constexpr std::int64_t kStageChannels[] = {64, 128, 256};

torch::nn::Conv2d convolution(std::int64_t in, std::int64_t out) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 3).padding(1).bias(false));
}

// The first convolution sees the larger image and the pooling picks what it found: worth its arithmetic, a strided
// convolution in its place learned several times slower.
class StageImpl : public torch::nn::Module {
 public:
  StageImpl(std::int64_t in, std::int64_t out)
      : conv1_(register_module("conv1", convolution(in, out))),
        bn1_(register_module("bn1", torch::nn::BatchNorm2d(out))),
        conv2_(register_module("conv2", convolution(out, out))),
        bn2_(register_module("bn2", torch::nn::BatchNorm2d(out))) {}

  torch::Tensor forward(const torch::Tensor& input) {
    const torch::Tensor half = bn1_->forward(torch::max_pool2d(conv1_->forward(input), 2)).relu();
    return half + bn2_->forward(conv2_->forward(half)).relu();
  }

 private:
  torch::nn::Conv2d conv1_;
  torch::nn::BatchNorm2d bn1_;
  torch::nn::Conv2d conv2_;
  torch::nn::BatchNorm2d bn2_;
};
TORCH_MODULE(Stage);

class SmallCnn final : public Network {
 public:
  explicit SmallCnn(const NetworkOptions& options)
      : Network(options.class_count),
        stem_(register_module("stem",
                              torch::nn::Conv2d(torch::nn::Conv2dOptions(3, kStemChannels, 4).stride(2).padding(1)))) {
    std::int64_t channels = kStemChannels;
    for (const std::int64_t wider : kStageChannels) {
      stages_->push_back(Stage(channels, wider));
      channels = wider;
    }
    register_module("stages", stages_);
    fc_ = register_module("fc", torch::nn::Linear(channels, outputs()));
  }

  torch::Tensor logits(const torch::Tensor& input) override {
    // oneDNN trains quicker when the channels of a pixel lie together.
    if (is_training()) return scores(input.contiguous(torch::MemoryFormat::ChannelsLast));
    return answer(input).logits;
  }

  NetworkAnswer answer(const torch::Tensor& input) override {
    if (is_training()) return {logits(input), {}};
    const torch::Tensor seen = features(input);
    const torch::Tensor mirrored = features(input.flip({3}));
    return {(fc_->forward(seen) + fc_->forward(mirrored)) / 2, (seen + mirrored) / 2};
  }

  void initialise(std::uint64_t seed) override {
    const torch::NoGradGuard no_grad;
    torch::manual_seed(seed);
    initialise_convolutions_fan_out(*this);
    initialise_batch_norms(*this);
    fc_->reset_parameters();
  }

 private:
  torch::Tensor features(const torch::Tensor& input) {
    return stages_->forward(stem_->forward(input).relu()).mean({2, 3});
  }
  torch::Tensor scores(const torch::Tensor& input) { return fc_->forward(features(input)); }

  torch::nn::Conv2d stem_;
  Chain stages_;
  torch::nn::Linear fc_ = nullptr;
};

}  // namespace

Preprocessing smallcnn_preprocessing() {
  Preprocessing preprocessing = imagenet_preprocessing();
  preprocessing.width = preprocessing.height = 80;
  preprocessing.centre_share = 1;
  return preprocessing;
}

std::shared_ptr<Network> make_smallcnn(const NetworkOptions& options) {
  require_colour_images("smallcnn", options.preprocessing, 32);
  return std::make_shared<SmallCnn>(options);
}

}  // namespace animalctl
