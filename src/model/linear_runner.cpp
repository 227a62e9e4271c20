#include "model/linear_runner.h"

#include <cmath>
#include <cstdint>

#include "animalctl/base/error.h"
#include "model/example_images.h"
#include "model/tensor_conversion.h"
#include "model/torchscript_network.h"

namespace animalctl {
namespace {

constexpr double kTolerance = 1e-6;

class LinearRunner final : public ServingRunner {
 public:
  LinearRunner(std::vector<float> weight, float bias, int max_batch)
      : weight_(std::move(weight)), bias_(bias), max_batch_(max_batch) {}

  void run(std::span<const float* const> inputs, std::span<float> outputs) const override {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const float score = 1.0F / (1.0F + std::exp(-(dot(inputs[i]) + bias_)));
      if (!std::isfinite(score)) throw Error(ErrorCode::Internal, "the network gave a number that is not finite");
      outputs[i] = score;
    }
  }
  int best_batch() const override { return max_batch_; }
  std::string description() const override { return "one dot product an image, fp32"; }

 private:
  // Sixteen running sums: whole vector registers, without a change of order that the compiler is not allowed.
  float dot(const float* input) const {
    constexpr std::size_t kLanes = 16;
    float sums[kLanes] = {};
    std::size_t i = 0;
    for (; i + kLanes <= weight_.size(); i += kLanes) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += weight_[i + lane] * input[i + lane];
    }
    float sum = 0;
    for (; i < weight_.size(); ++i) sum += weight_[i] * input[i];
    for (const float part : sums) sum += part;
    return sum;
  }

  const std::vector<float> weight_;
  const float bias_;
  const int max_batch_;
};

struct LinearTensors {
  torch::Tensor weight;
  torch::Tensor bias;
};

void keep(LinearTensors& tensors, const std::string& name, const torch::Tensor& tensor) {
  if (name == "fc1.weight") tensors.weight = tensor;
  if (name == "fc1.bias") tensors.bias = tensor;
}

LinearTensors find_tensors(const Network& network) {
  LinearTensors tensors;
  if (const auto script = script_inside(network)) {
    for (const auto& item : script->module.named_parameters()) keep(tensors, item.name, item.value);
  } else {
    for (const NamedTensor& item : state_tensors(network)) keep(tensors, item.name, item.tensor);
  }
  return tensors;
}

bool fit(const LinearTensors& tensors, std::size_t inputs) {
  return tensors.weight.defined() && tensors.bias.defined() && tensors.bias.numel() == 1 &&
         tensors.weight.numel() == static_cast<std::int64_t>(inputs) && tensors.weight.scalar_type() == torch::kFloat &&
         tensors.bias.scalar_type() == torch::kFloat && tensors.weight.isfinite().all().item<bool>() &&
         tensors.bias.isfinite().all().item<bool>();
}

bool agrees(const LinearRunner& runner, Network& network, const Preprocessing& preprocessing) {
  const torch::Tensor images = example_images(preprocessing, 8);
  const torch::Tensor expected = network.probabilities(images).to(torch::kFloat).contiguous();
  for (std::int64_t i = 0; i < images.size(0); ++i) {
    const float* const input = images.data_ptr<float>() + i * static_cast<std::int64_t>(preprocessing.size());
    float score = 0;
    runner.run({&input, 1}, {&score, 1});
    if (!(std::abs(score - expected.data_ptr<float>()[i]) <= kTolerance)) return false;
  }
  return true;
}

}  // namespace

std::unique_ptr<ServingRunner> make_linear_runner(const OpenModel& model, int max_batch) {
  const c10::InferenceMode inference;
  const Preprocessing& preprocessing = model.description.preprocessing;
  if (model.description.architecture != "animalnet" || model.description.classes.size() != 2) return nullptr;
  const LinearTensors tensors = find_tensors(*model.network);
  if (!fit(tensors, preprocessing.size())) return nullptr;
  const torch::Tensor weight = tensors.weight.detach().cpu().contiguous();
  std::vector<float> values(weight.data_ptr<float>(), weight.data_ptr<float>() + weight.numel());
  auto runner = std::make_unique<LinearRunner>(std::move(values), tensors.bias.item<float>(), max_batch);
  if (!agrees(*runner, *model.network, preprocessing)) return nullptr;
  return runner;
}

}  // namespace animalctl
