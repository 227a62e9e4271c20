#include "model/network_runner.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <utility>

#include "animalctl/base/error.h"
#include "model/example_images.h"
#include "model/serving_plan.h"
#include "model/torchscript_network.h"
#include "model/trace.h"

namespace animalctl {
namespace {

// What a network's raw output means: σ or softmax of raw scores, or probabilities already. With two classes it has one
// column, or two of which the second is classes[1].
struct OutputMeaning {
  bool logits = true;
  std::size_t classes = 2;
  std::size_t projection = 0;  // columns behind it that mean something else

  std::size_t outputs() const { return classes == 2 ? 1 : classes; }
  std::size_t row_size() const { return outputs() + projection; }
  void to_probabilities(const float* raw, std::size_t columns, float* out) const;
  torch::Tensor to_probabilities(const torch::Tensor& raw) const;
};

float sigmoid(float value) {
  return 1.0F / (1.0F + std::exp(-value));
}

void OutputMeaning::to_probabilities(const float* raw, std::size_t columns, float* out) const {
  if (!std::all_of(raw, raw + columns, [](float value) { return std::isfinite(value); })) {
    throw Error(ErrorCode::Internal, "the network gave numbers that are not finite");
  }
  if (columns == 1) {
    *out = logits ? sigmoid(*raw) : std::clamp(*raw, 0.0F, 1.0F);
    return;
  }
  // One value of softmax is σ of the difference.
  if (classes == 2 && logits) {
    *out = sigmoid(raw[1] - raw[0]);
    return;
  }
  const float top = *std::max_element(raw, raw + columns);
  const auto weight = [&](float value) { return logits ? std::exp(value - top) : std::max(value, 0.0F); };
  float sum = 0;
  for (std::size_t i = 0; i < columns; ++i) sum += weight(raw[i]);
  if (classes == 2) {
    *out = weight(raw[1]) / sum;
    return;
  }
  for (std::size_t i = 0; i < columns; ++i) out[i] = weight(raw[i]) / sum;
}

torch::Tensor OutputMeaning::to_probabilities(const torch::Tensor& raw) const {
  const std::size_t columns = static_cast<std::size_t>(raw.size(1)) - projection;
  torch::Tensor result = torch::empty({raw.size(0), static_cast<std::int64_t>(outputs())});
  for (std::int64_t i = 0; i < raw.size(0); ++i) {
    to_probabilities(raw[i].contiguous().data_ptr<float>(), columns,
                     result.data_ptr<float>() + i * static_cast<std::int64_t>(outputs()));
  }
  return result;
}

// OpenMP keeps the number of threads for each thread that asks.
void use_one_thread() {
  thread_local const bool done = [] {
    at::set_num_threads(1);
    return true;
  }();
  static_cast<void>(done);
}

class NetworkRunner final : public ServingRunner {
 public:
  NetworkRunner(std::shared_ptr<Network> network, OutputMeaning meaning, bool one_by_one, const Preprocessing& input,
                ServingPlan plan)
      : network_(std::move(network)),
        meaning_(meaning),
        one_by_one_(one_by_one),
        shape_{input.channels, input.height, input.width},
        input_size_(input.size()),
        plan_(std::move(plan)) {}

  void run(std::span<const float* const> inputs, std::span<float> outputs) const override {
    use_one_thread();
    const c10::InferenceMode inference;
    if (!one_by_one_) return run_together(inputs, outputs);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      run_together(inputs.subspan(i, 1), outputs.subspan(i * meaning_.row_size(), meaning_.row_size()));
    }
  }
  std::size_t projection_size() const override { return meaning_.projection; }
  int best_batch() const override { return plan_.best_batch(); }
  std::string description() const override { return plan_.description(); }

 private:
  torch::Tensor gather(std::span<const float* const> inputs) const {
    const std::array<std::int64_t, 4> shape{static_cast<std::int64_t>(inputs.size()), shape_[0], shape_[1], shape_[2]};
    if (inputs.size() == 1) return torch::from_blob(const_cast<float*>(inputs[0]), shape);
    torch::Tensor batch = torch::empty(shape);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      std::memcpy(batch.data_ptr<float>() + i * input_size_, inputs[i], input_size_ * sizeof(float));
    }
    return batch;
  }

  void run_together(std::span<const float* const> inputs, std::span<float> outputs) const {
    const torch::Tensor raw = plan_.run(gather(inputs));
    const std::size_t all = static_cast<std::size_t>(raw.numel()) / inputs.size();
    const std::size_t columns = all - meaning_.projection;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const float* const row = raw.data_ptr<float>() + i * all;
      float* const out = outputs.data() + i * meaning_.row_size();
      meaning_.to_probabilities(row, columns, out);
      std::copy_n(row + columns, meaning_.projection, out + meaning_.outputs());
    }
  }

  const std::shared_ptr<Network> network_;  // what the plan's plain function runs
  const OutputMeaning meaning_;
  const bool one_by_one_;
  const std::array<std::int64_t, 3> shape_;
  const std::size_t input_size_;
  const ServingPlan plan_;
};

}  // namespace

std::unique_ptr<ServingRunner> make_network_runner(const OpenModel& model, int max_batch, Precision precision,
                                                   torch::Device device) {
  const c10::InferenceMode inference;
  use_one_thread();
  const Preprocessing& input = model.description.preprocessing;
  const auto inside = script_inside(*model.network);
  const bool one_by_one = inside && inside->one_by_one;
  OutputMeaning meaning{!inside || inside->description.output == ScriptOutput::Logits, model.description.classes.size(),
                        inside ? static_cast<std::size_t>(inside->description.projection) : 0};
  ServingPlan::Options options;
  options.examples = example_images(input, one_by_one ? 1 : max_batch);
  options.precision = precision;
  options.device = device;
  options.projection = static_cast<std::int64_t>(meaning.projection);
  options.probabilities = [meaning](const torch::Tensor& raw) { return meaning.to_probabilities(raw); };
  const auto make_plan = [&] {
    if (inside) {
      torch::jit::Module plain = inside->module;
      plain.to(device);
      const auto forward = [plain](const torch::Tensor& images) mutable { return plain.forward({images}).toTensor(); };
      return ServingPlan(inside->module, forward, options);
    }
    const auto logits = [network = model.network](const torch::Tensor& images) { return network->logits(images); };
    const torch::jit::Module script = trace(*model.network, example_images(input, 2), logits);
    model.network->to(device);
    return ServingPlan(script, logits, options);
  };
  return std::make_unique<NetworkRunner>(model.network, meaning, one_by_one, input, make_plan());
}

}  // namespace animalctl
