#include "model/inference_plan.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <vector>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"
#include "fused/fused_network.h"
#include "model/device.h"
#include "model/trace.h"

namespace animalctl {
namespace {

using Function = std::function<torch::Tensor(const torch::Tensor&)>;

// Largest difference from the plain network, as a share of the largest value.
constexpr double kFloat32Tolerance = 1e-3;
constexpr double kBfloat16Tolerance = 0.05;
constexpr int kTimedRuns = 3;

struct Candidate {
  std::string name;
  std::string precision;
  Function function;
  double images_per_second = 0;
};

Function compiled(torch::jit::Module script, at::ScalarType type) {
  script = torch::jit::optimize_for_inference(script);
  return [script, type](const torch::Tensor& input) mutable {
    return script.forward({input.to(type)}).toTensor().to(torch::kFloat);
  };
}

// One image at a time: a greater part is chosen by a race, and would round otherwise.
Function fused(const torch::jit::Module& script, FusedArithmetic arithmetic, const torch::Tensor& example) {
  const std::array<std::int64_t, 3> input = {example.size(1), example.size(2), example.size(3)};
  const auto network = std::make_shared<FusedNetwork>(script, arithmetic, input, 1);
  return [network](const torch::Tensor& images) { return network->run(images); };
}

double images_per_second(const Function& function, const torch::Tensor& example) {
  std::vector<double> seconds;
  for (int i = 0; i < kTimedRuns; ++i) {
    const auto start = std::chrono::steady_clock::now();
    function(example);
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::sort(seconds.begin(), seconds.end());
  return static_cast<double>(example.size(0)) / std::max(1e-9, seconds[seconds.size() / 2]);
}

bool agrees(const torch::Tensor& result, const torch::Tensor& reference, double tolerance) {
  const double largest = reference.abs().max().item<double>();
  return (result - reference).abs().max().item<double>() <= tolerance * std::max(largest, 1e-6);
}

}  // namespace

struct InferencePlan::State {
  torch::Device device = torch::kCPU;
  Candidate chosen;
};

InferencePlan::InferencePlan(const torch::nn::Module& module, Function function, const Options& options)
    : state_(std::make_unique<State>()) {
  const c10::InferenceMode inference;
  state_->device = options.device;
  const torch::Tensor example = options.example.to(options.device);
  const torch::Tensor reference = function(example);
  Candidate best{"as is", "fp32", function, images_per_second(function, example)};
  // What agrees is taken without a race: two runs must not differ because one was disturbed.
  const auto take = [&](const char* name, const char* precision, double tolerance, const auto& make) {
    try {
      Candidate candidate{name, precision, make(), 0};
      candidate.function(example);  // compiles
      if (!agrees(candidate.function(example), reference, tolerance)) return false;
      candidate.images_per_second = images_per_second(candidate.function, example);
      best = std::move(candidate);
      return true;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::Unimplemented) throw;
      log::debug("a way to run the network is left out", {{"way", name}, {"why", error.what()}});
      return false;
    }
  };
  const auto consider = [&](const char* precision, at::ScalarType type, double tolerance) {
    torch::jit::Module script = trace(module, example, function);
    script.eval();
    const auto arithmetic = type == torch::kFloat ? FusedArithmetic::Float32 : FusedArithmetic::Bfloat16;
    if (take("fused", precision, tolerance, [&] { return fused(script, arithmetic, example); })) return true;
    return take("compiled", precision, tolerance, [&] {
      torch::jit::Module copy = script;
      if (type != torch::kFloat) {
        copy = script.deepcopy();
        copy.to(type);
      }
      return compiled(std::move(copy), type);
    });
  };
  if (options.device.is_cpu() && options.precision != Precision::Bf16) {
    consider("fp32", torch::kFloat, kFloat32Tolerance);
  }
  const bool try_bfloat16 =
      options.precision == Precision::Bf16 ||
      (options.precision == Precision::Auto && options.device.is_cpu() && processor_has_bfloat16());
  const bool agrees_in_bfloat16 = !try_bfloat16 || consider("bf16", torch::kBFloat16, kBfloat16Tolerance);
  if (!agrees_in_bfloat16 && options.precision == Precision::Bf16) {
    throw Error(
        ErrorCode::Unavailable,
        "--precision bf16: this model's answers in bfloat16 are too far from those in float32; use fp32 or auto");
  }
  state_->chosen = std::move(best);
}

InferencePlan::~InferencePlan() = default;

torch::Tensor InferencePlan::run(const torch::Tensor& input) const {
  const c10::InferenceMode inference;
  return state_->chosen.function(input.to(state_->device)).to(torch::kCPU).contiguous();
}

std::string precision_key(Precision precision, torch::Device device) {
  if (precision == Precision::Bf16) return "bf16-v2";
  return precision == Precision::Auto && device.is_cpu() && processor_has_bfloat16() ? "auto-v2" : "fp32-v2";
}

std::string InferencePlan::description() const {
  return fmt::format("{} {}, {:.0f} images/s a thread", state_->chosen.name, state_->chosen.precision,
                     state_->chosen.images_per_second);
}

}  // namespace animalctl
