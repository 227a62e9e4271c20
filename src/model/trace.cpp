#include "model/trace.h"

#include <memory>
#include <string>

namespace animalctl {
namespace {

torch::jit::Module mirror(const torch::nn::Module& module, const std::string& class_name,
                          const std::shared_ptr<torch::jit::CompilationUnit>& unit) {
  torch::jit::Module script(c10::QualifiedName("__torch__.animalctl." + class_name), unit, /*shouldMangle=*/true);
  script.register_attribute("training", c10::BoolType::get(), false);
  // The very tensors: the recorder recognises them by identity, anything else becomes a constant of the graph.
  for (const auto& item : module.named_parameters(false)) script.register_parameter(item.key(), item.value(), false);
  for (const auto& item : module.named_buffers(false)) script.register_buffer(item.key(), item.value());
  for (const auto& child : module.named_children()) {
    script.register_module(child.key(), mirror(*child.value(), "Part", unit));
  }
  return script;
}

}  // namespace

torch::jit::Module trace(const torch::nn::Module& network, const torch::Tensor& example,
                         const std::function<torch::Tensor(const torch::Tensor&)>& function) {
  const torch::NoGradGuard no_grad;
  const auto unit = std::make_shared<torch::jit::CompilationUnit>();
  torch::jit::Module script = mirror(network, "Network", unit);
  const auto recorded = torch::jit::tracer::trace(
      {example}, [&](const torch::jit::Stack& inputs) { return torch::jit::Stack{function(inputs[0].toTensor())}; },
      [](const torch::autograd::Variable&) { return std::string(); }, /*strict=*/true, /*force_outplace=*/false,
      &script);
  // As torch.jit.trace does: the recorded graph becomes the method.
  torch::jit::Function* const method =
      unit->create_function(c10::QualifiedName(*script.type()->name(), "forward"), recorded.first->graph);
  script.type()->addMethod(method);
  return script;
}

}  // namespace animalctl
