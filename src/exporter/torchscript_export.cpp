#include "exporter/torchscript_export.h"

#include <functional>
#include <sstream>

#include "model/torchscript_file.h"
#include "model/trace.h"

namespace animalctl {

namespace {

torch::jit::Module record(Network& network, const Preprocessing& preprocessing,
                          const std::function<torch::Tensor(const torch::Tensor&)>& function) {
  // A file for answers, not for training: its tensors ask for no gradient.
  for (torch::Tensor& parameter : network.parameters()) parameter.requires_grad_(false);
  // Two images, so that nothing that holds for one only is recorded.
  const torch::Tensor example = torch::zeros({2, preprocessing.channels, preprocessing.height, preprocessing.width});
  return trace(network, example, function);
}

}  // namespace

torch::jit::Module record_probabilities(Network& network, const Preprocessing& preprocessing) {
  return record(network, preprocessing, [&](const torch::Tensor& input) { return network.probabilities(input); });
}

torch::jit::Module record_logits(Network& network, const Preprocessing& preprocessing) {
  return record(network, preprocessing, [&](const torch::Tensor& input) { return network.logits(input); });
}

std::string serialize_script(const torch::jit::Module& module, const ModelDescription& description) {
  std::ostringstream file;
  module.save(file, {{kScriptDescriptionFile, description_json(description)}});
  return std::move(file).str();
}

}  // namespace animalctl
