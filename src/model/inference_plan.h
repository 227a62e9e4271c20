#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "animalctl/model/predictor.h"
#include "compat/torch.h"

namespace animalctl {

// The quickest way to run a fixed function of an image batch on this machine. On a processor those are
// its convolutions fused into oneDNN primitives (fused/fused_network.h), in bfloat16 where the processor has
// instructions for it, else in float32; where that cannot be made the function's recording with folded normalisation
// and oneDNN's own memory layouts (torch::jit::optimize_for_inference); where answers do not agree with those of the
// network as it is, the next in this order, at last the network itself. The processor and the network decide, never
// a race, so that two runs on one machine give the same numbers.
//
// The batch size is part of the plan: run() always works on whole batches, so what comes out for an image does not
// depend on its neighbours, and features that were cached by one run are those another would compute.
class InferencePlan {
 public:
  struct Options {
    torch::Tensor example;  // float32 [B, C, H, W]; B becomes the batch size
    Precision precision = Precision::Auto;
    torch::Device device = torch::kCPU;
  };
  // `module` owns the tensors that `function` uses; it is in eval mode and on the plan's device, and neither changes
  // while the plan lives. Throws Unavailable when bf16 is asked for and does not agree with float32.
  InferencePlan(const torch::nn::Module& module, std::function<torch::Tensor(const torch::Tensor&)> function,
                const Options& options);
  ~InferencePlan();

  // input: float32 [B, C, H, W] on the CPU, exactly B images (fill up with anything). Returns float32 [B, …] on the
  // CPU. Thread-safe.
  torch::Tensor run(const torch::Tensor& input) const;
  // What was chosen and how quick it is, for the log, e.g. "fused bf16, 250 images/s a thread".
  std::string description() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The part of a cache's key that says how exact a plan's numbers are, known without making the plan: fp32, bf16, or
// auto where the machine may choose bfloat16; and by which generation of plans they were computed.
std::string precision_key(Precision precision, torch::Device device);

}  // namespace animalctl
