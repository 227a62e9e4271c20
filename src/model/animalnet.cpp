#include "model/animalnet.h"

#include <fmt/core.h>

#include "animalctl/base/error.h"

namespace animalctl {
namespace {

class AnimalNet final : public Network {
 public:
  explicit AnimalNet(std::int64_t inputs) {
    fc1_ = register_module("fc1", torch::nn::Linear(torch::nn::LinearOptions(inputs, 1)));
  }

  torch::Tensor probabilities(const torch::Tensor& input) override {
    return torch::sigmoid(torch::linear(input.flatten(1), fc1_->weight, fc1_->bias)).squeeze(1);
  }

  // As the seed: the generator is seeded after construction, then one draw fills the weights
  // (kaiming_uniform with a = 0: bound sqrt(6 / inputs), 0.1531 for 256).
  void initialise(std::uint64_t seed) override {
    const torch::NoGradGuard no_grad;
    torch::manual_seed(seed);
    torch::nn::init::kaiming_uniform_(fc1_->weight);
    fc1_->bias.fill_(0.5);
  }

 private:
  torch::nn::Linear fc1_ = nullptr;
};

}  // namespace

Preprocessing animalnet_preprocessing() { return Preprocessing{}; }

std::shared_ptr<Network> make_animalnet(const NetworkOptions& options) {
  if (options.class_count != 2) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("animalnet tells two classes apart, {} were given", options.class_count));
  }
  return std::make_shared<AnimalNet>(static_cast<std::int64_t>(options.preprocessing.size()));
}

}  // namespace animalctl
