#pragma once

#include <functional>
#include <memory>
#include <string>

#include "animalctl/model/predictor.h"
#include "compat/torch_script.h"

namespace animalctl {

// The quickest way found to run a network on batches of any size up to a limit. Candidates: the network as it is, and
// its convolutions fused into oneDNN primitives (fused/fused_network.h), in float32 by Winograd's algorithm too, in
// bfloat16 where the processor has instructions for it. For what cannot be fused: its frozen recording in oneDNN's own
// layouts (torch::jit::optimize_for_inference), and with weights and maps channels-last. Each must agree with the
// network as it is, and is timed with one image and with many. A candidate that cannot be made of this network is left
// out.
class ServingPlan {
 public:
  struct Options {
    torch::Tensor examples;  // float32 [max_batch, C, H, W], model/example_images.h
    Precision precision = Precision::Auto;
    torch::Device device = torch::kCPU;
    // Columns of the raw output that are no part of the answer, the last ones.
    std::int64_t projection = 0;
    // Probabilities from the network's raw output, both [B, …]: what has to agree.
    std::function<torch::Tensor(const torch::Tensor&)> probabilities;
  };
  // `script`: the network as TorchScript, in eval mode on the CPU; copied. `plain`: the same function, on the plan's
  // device. Throws DataLoss when the answers to the examples are not finite, Unavailable when bf16 is insisted on and
  // does not agree with float32.
  ServingPlan(const torch::jit::Module& script, std::function<torch::Tensor(const torch::Tensor&)> plain,
              const Options& options);
  ~ServingPlan();
  ServingPlan(ServingPlan&& other) noexcept;

  // input: float32 [B, C, H, W] on the CPU, 1 ≤ B ≤ max_batch. Returns float32 [B, …] on the CPU, contiguous.
  // Thread-safe.
  torch::Tensor run(const torch::Tensor& input) const;
  // The batch size with the most images a second, the smallest of those that hardly differ.
  int best_batch() const;
  // E.g. "fused bf16, batch 1, 271 images/s a thread".
  std::string description() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace animalctl
