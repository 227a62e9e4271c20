#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "animalctl/base/digest.h"
#include "model/network.h"

namespace animalctl {

// A network in two parts: a backbone that turns an image into a vector of features, and a small head on top that
// tells the classes apart. A backbone that is not trained has to see each image only once.
class BackboneNetwork : public Network {
 public:
  using Network::Network;

  // float32 [B, feature_size()]
  virtual torch::Tensor features(const torch::Tensor& input) = 0;
  // features → logits [B, outputs()]; drops out at random in training mode.
  virtual torch::Tensor head(const torch::Tensor& features) = 0;
  virtual std::int64_t feature_size() const = 0;
  // The head's tensors, and only they, begin with this, e.g. "classifier.1.".
  virtual std::string head_prefix() const = 0;
  // The parts of the backbone from input to output, as prefixes of tensor names: every backbone tensor begins with
  // exactly one of them. Layer-wise learning rates and --freeze N count them.
  virtual std::vector<std::string> stages() const = 0;
  // New random values for the whole, or for the head only, as torchvision starts them.
  void initialise(std::uint64_t seed) final;
  void initialise_head(std::uint64_t seed);

  torch::Tensor logits(const torch::Tensor& input) override { return head(features(input)); }
  NetworkAnswer answer(const torch::Tensor& input) override {
    const torch::Tensor seen = features(input);
    return {head(seen), seen};
  }

  bool is_head(const std::string& tensor_name) const { return tensor_name.starts_with(head_prefix()); }
  // SHA-256 over names and contents of the backbone's tensors: two networks with the same digest, architecture and
  // preprocessing give the same features.
  Digest backbone_digest() const;

  // Batch normalisation follows its saved statistics also in training mode when frozen. A pretrained backbone must
  // not switch to the statistics of small batches: its convolutions were fitted to the saved ones.
  void freeze_statistics(bool frozen);
  void train(bool on = true) override;

 private:
  // Called without gradients, LibTorch's generator seeded.
  virtual void reset_backbone() = 0;
  virtual void reset_head() = 0;

  bool statistics_frozen_ = false;
};

// Normalisation and size of torchvision's ImageNet weights: the centre 224 of 256 pixels, ImageNet mean and deviation.
Preprocessing imagenet_preprocessing();

// The starting values that torchvision's models share.
// Convolutions: normal with the deviation √(2 / (kernel area · output channels)) (He et al. 2015, fan-out).
void initialise_convolutions_fan_out(torch::nn::Module& module);
// Batch normalisation: scale 1, shift 0, mean 0, variance 1.
void initialise_batch_norms(torch::nn::Module& module);

}  // namespace animalctl
