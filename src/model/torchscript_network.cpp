#include "model/torchscript_network.h"

#include <fmt/core.h>

#include "animalctl/base/error.h"
#include "compat/torch_graph.h"
#include "model/script_description.h"
#include "model/torchscript_file.h"

namespace animalctl {
namespace {

// Probabilities come out of float32 sums, and quantised networks round more.
constexpr double kProbabilityTolerance = 1e-2;
// Keeps the logarithm of a probability of 0 finite.
constexpr double kSmallestProbability = 1e-38;

std::string shape_text(const torch::Tensor& tensor) {
  std::string text = "[";
  for (const std::int64_t size : tensor.sizes()) text += fmt::format("{}{}", text.size() == 1 ? "" : ", ", size);
  return text + "]";
}

class ScriptNetwork final : public Network {
 public:
  ScriptNetwork(torch::jit::Module module, ScriptDescription description, std::string origin)
      : Network(description.model.classes.size()),
        script_(std::move(module)),
        description_(std::move(description)),
        origin_(std::move(origin)) {}

  torch::Tensor logits(const torch::Tensor& input) override { return to_logits(run_all(input)); }

  // What a module gives as probabilities is handed on as it is: a recording answers bit for bit as what was recorded.
  torch::Tensor probabilities(const torch::Tensor& input) override {
    if (description_.output == ScriptOutput::Logits) return Network::probabilities(input);
    const torch::Tensor output = run_all(input);
    if (output.size(0) == 0) return torch::empty({0, outputs()});
    require_probabilities(output);
    return output.narrow(1, output.size(1) - outputs(), outputs()).clamp(0, 1);
  }

  using Network::to;

  void initialise(std::uint64_t) override {
    throw Error(ErrorCode::InvalidArgument, fmt::format("{}: a TorchScript model cannot be trained", origin_));
  }

  void to(torch::Device device, bool non_blocking) override {
    Network::to(device, non_blocking);
    script_.to(device, non_blocking);
  }

  ScriptInside inside() const { return {script_, description_, one_by_one_}; }

  // Finds out whether the module can be used, and with how many images at once.
  void probe() {
    const c10::InferenceMode inference;
    const Preprocessing& wanted = description_.model.preprocessing;
    // Any picture will do; this one is the same in every run.
    const torch::Tensor image = torch::linspace(-1, 1, static_cast<std::int64_t>(wanted.size()))
                                    .view({1, wanted.channels, wanted.height, wanted.width});
    to_logits(run(image));
    one_by_one_ = true;
    // QNNPACK crashes on a batch that a recording has not foreseen, where the other engines throw.
    if (at::globalContext().qEngine() == at::kQNNPACK && is_quantised()) return;
    try {
      one_by_one_ = run(torch::cat({image, image}, 0)).size(0) != 2;
    } catch (const Error&) {
      one_by_one_ = true;
    }
  }

 private:
  [[noreturn]] void refuse(std::string_view what) const {
    throw Error(ErrorCode::DataLoss, fmt::format("{}: the TorchScript module {}", origin_, what));
  }

  bool is_quantised() const {
    const auto graph = script_.get_method("forward").graph()->copy();
    torch::jit::Inline(*graph);
    return graph->toString(false).find("quantized::") != std::string::npos;
  }

  torch::Tensor run_all(const torch::Tensor& input) {
    if (!one_by_one_ || input.size(0) == 0) return run(input);
    std::vector<torch::Tensor> rows;
    for (std::int64_t i = 0; i < input.size(0); ++i) rows.push_back(run(input.narrow(0, i, 1)));
    return torch::cat(rows, 0);
  }

  // float32 [B, 1|2|K], finite: the answer without the projection behind it.
  torch::Tensor run(const torch::Tensor& input) {
    c10::IValue result;
    try {
      result = script_.forward({input});
    } catch (const std::exception& error) {
      refuse(fmt::format("failed on an input of shape {}: {}", shape_text(input), script_failure(error)));
    }
    if (!result.isTensor()) refuse(fmt::format("gives a {}, one tensor is needed", result.tagKind()));
    const torch::Tensor tensor = result.toTensor();
    const auto classes = static_cast<std::int64_t>(class_count());
    const std::int64_t columns = tensor.dim() == 2 ? tensor.size(1) - description_.projection : -1;
    const bool fits =
        columns > 0 && tensor.size(0) == input.size(0) && (columns == classes || (classes == 2 && columns == 1));
    if (!fits || !tensor.is_floating_point()) {
      refuse(
          fmt::format("gives {} of shape {} for {} image(s), floating numbers of shape [{}, {}{}] are needed for {} "
                      "classes",
                      at::toString(tensor.scalar_type()), shape_text(tensor), input.size(0), input.size(0),
                      classes == 2 ? "1 or " : "", classes, classes));
    }
    if (!tensor.isfinite().all().item<bool>()) refuse("gives numbers that are not finite");
    return tensor.narrow(1, 0, columns).to(torch::kFloat);
  }

  void require_probabilities(const torch::Tensor& values) const {
    bool fits = values.min().item<double>() >= -kProbabilityTolerance &&
                values.max().item<double>() <= 1 + kProbabilityTolerance;
    if (fits && values.size(1) > 1) fits = (values.sum(1) - 1).abs().max().item<double>() <= kProbabilityTolerance;
    if (!fits)
      refuse("does not give probabilities (0 to 1, adding to 1); if these are raw scores, give --ts-output logits");
  }

  torch::Tensor to_logits(const torch::Tensor& output) const {
    if (output.size(0) == 0) return torch::empty({0, outputs()});
    const bool pair = class_count() == 2 && output.size(1) == 2;
    if (description_.output == ScriptOutput::Logits) {
      return pair ? output.narrow(1, 1, 1) - output.narrow(1, 0, 1) : output;
    }
    require_probabilities(output);
    // In double, so that a probability near 1 keeps its distance from it.
    const torch::Tensor exact = output.to(torch::kDouble).clamp(0, 1);
    if (class_count() > 2) return exact.clamp_min(kSmallestProbability).log().to(torch::kFloat);
    const torch::Tensor second = exact.narrow(1, pair ? 1 : 0, 1);
    const torch::Tensor first = pair ? exact.narrow(1, 0, 1) : 1 - second;
    return (second.clamp_min(kSmallestProbability).log() - first.clamp_min(kSmallestProbability).log())
        .to(torch::kFloat);
  }

  torch::jit::Module script_;
  const ScriptDescription description_;
  const std::string origin_;
  bool one_by_one_ = false;
};

}  // namespace

OpenModel open_script_model(const std::filesystem::path& path, const ScriptOptions& options) {
  ScriptFile file = read_script_file(path);
  ScriptDescription description = combine_description(file.description, options, path.string(), file.output);
  description.projection = file.projection;
  const auto network = std::make_shared<ScriptNetwork>(std::move(file.module), description, path.string());
  network->eval();
  network->probe();
  return {description.model, network};
}

std::optional<ScriptInside> script_inside(const Network& network) {
  const auto* script = dynamic_cast<const ScriptNetwork*>(&network);
  if (script == nullptr) return std::nullopt;
  return script->inside();
}

}  // namespace animalctl
