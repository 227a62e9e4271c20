#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "animalctl/model/preprocessing.h"
#include "compat/torch.h"

namespace animalctl {

// What a network says of images, and what its last layer saw of them.
struct NetworkAnswer {
  torch::Tensor logits;    // float32 [B, outputs()]
  torch::Tensor features;  // float32 [B, F]; undefined where the network has none beside its input
};

// A network of the architecture table. Its tensors' names are those of the checkpoint. Two classes: one raw score z
// an image, P(classes[1]) = σ(z). More: one a class, softmax. That number is outputs().
class Network : public torch::nn::Module {
 public:
  explicit Network(std::size_t class_count) : class_count_(class_count) {}

  std::size_t class_count() const { return class_count_; }
  std::int64_t outputs() const { return class_count_ == 2 ? 1 : static_cast<std::int64_t>(class_count_); }

  // input: float32 [B, channels, height, width] as Preprocessing makes it. Returns float32 [B, outputs()].
  virtual torch::Tensor logits(const torch::Tensor& input) = 0;
  // The same, from one pass, with the features.
  virtual NetworkAnswer answer(const torch::Tensor& input) { return {logits(input), {}}; }
  // The same as probabilities: σ or softmax of logits().
  virtual torch::Tensor probabilities(const torch::Tensor& input);
  // One training step's forward and backward: returns the mean weighted cross-entropy of the batch
  // (loss/cross_entropy.h; `weights` may be undefined) and leaves the gradient of every parameter that requires one
  // in its grad(), replacing what was there. When the answer is not finite it returns NaN and the gradients are
  // meaningless. The default uses autograd; a network whose gradient is known in closed form may be much quicker.
  virtual double loss_and_gradient(const torch::Tensor& input, const torch::Tensor& targets,
                                   const torch::Tensor& weights, double label_smoothing = 0);
  // From now on loss_and_gradient() runs forward in bfloat16 where that is safe (compat/autocast.h); the weights stay
  // float32. Worth it where the device has units for it.
  void use_mixed_precision(bool on) { mixed_precision_ = on; }
  bool mixed_precision() const { return mixed_precision_; }
  // Gives every parameter its starting value; the same seed gives the same values.
  virtual void initialise(std::uint64_t seed) = 0;

 private:
  torch::Tensor forward_to_learn(const torch::Tensor& input);

  const std::size_t class_count_;
  bool mixed_precision_ = false;
};

// What an architecture is made from.
struct NetworkOptions {
  Preprocessing preprocessing;
  std::size_t class_count = 2;
};

// One row = one architecture.
struct ArchitectureRow {
  const char* name;
  const char* summary;
  Preprocessing (*default_preprocessing)();
  // Throws InvalidArgument when the options do not fit (class count, image size).
  std::shared_ptr<Network> (*make)(const NetworkOptions&);
  bool pretrained;         // torchvision publishes weights for it: --weights makes sense, and so do features
  bool quick_in_bfloat16;  // its training steps are clearly quicker so on a CPU that has the instructions
};

std::vector<ArchitectureRow> architecture_table();
// Throws InvalidArgument naming the rows there are.
ArchitectureRow find_architecture(std::string_view name);

}  // namespace animalctl
