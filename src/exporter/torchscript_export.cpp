#include "exporter/torchscript_export.h"

#include <cmath>
#include <functional>
#include <sstream>

#include "animalctl/base/random.h"
#include "model/torchscript_file.h"
#include "model/trace.h"

namespace animalctl {

namespace {

// Two images, so that nothing that holds for one only is recorded.
torch::Tensor example_of(const Preprocessing& preprocessing) {
  return torch::zeros({2, preprocessing.channels, preprocessing.height, preprocessing.width});
}

torch::jit::Module record(Network& network, const Preprocessing& preprocessing,
                          const std::function<torch::Tensor(const torch::Tensor&)>& function) {
  // A file for answers, not for training: its tensors ask for no gradient.
  for (torch::Tensor& parameter : network.parameters()) parameter.requires_grad_(false);
  return trace(network, example_of(preprocessing), function);
}

torch::Tensor random_projection(std::int64_t features) {
  torch::Tensor matrix = torch::empty({features, kProjectionSize});
  RandomStream random(0, "feature-projection", static_cast<std::uint64_t>(features));
  const double scale = 1 / std::sqrt(static_cast<double>(kProjectionSize));
  for (std::int64_t i = 0; i < matrix.numel(); ++i) {
    matrix.data_ptr<float>()[i] = static_cast<float>(scale * random.normal());
  }
  return matrix;
}

}  // namespace

torch::jit::Module record_probabilities(Network& network, const Preprocessing& preprocessing) {
  return record(network, preprocessing, [&](const torch::Tensor& input) { return network.probabilities(input); });
}

ServingRecording record_for_serving(Network& network, const Preprocessing& preprocessing) {
  const auto logits = [&](const torch::Tensor& input) { return network.logits(input); };
  const torch::NoGradGuard no_grad;
  const torch::Tensor features = network.answer(example_of(preprocessing)).features;
  if (!features.defined()) return {record(network, preprocessing, logits), 0};
  // A buffer, not a constant of the recording: it has to change its type with the weights.
  const torch::Tensor matrix = network.register_buffer("projection", random_projection(features.size(1)));
  const auto both = [&](const torch::Tensor& input) {
    const NetworkAnswer answer = network.answer(input);
    return torch::cat({answer.logits, torch::matmul(answer.features, matrix)}, 1);
  };
  return {record(network, preprocessing, both), kProjectionSize};
}

std::string serialize_script(const torch::jit::Module& module, const ModelDescription& description) {
  std::ostringstream file;
  module.save(file, {{kScriptDescriptionFile, description_json(description)}});
  return std::move(file).str();
}

}  // namespace animalctl
