#pragma once

#include <array>
#include <memory>

#include "compat/torch_script.h"
#include "fused/program.h"

namespace animalctl {

// A network whose convolutions, with what follows each of them, are oneDNN primitives: weights arranged once, maps in a
// few buffers that are used again, no layout changed between layers. What comes after them runs as TorchScript.
class FusedNetwork {
 public:
  // module: in eval mode, on the CPU, float32; copied. input: [C, H, W]. Finds out how many images, at most
  // `max_batch`, are best computed together. Throws Unimplemented when oneDNN cannot do it (read_trunk, build_program).
  FusedNetwork(const torch::jit::Module& module, FusedArithmetic arithmetic, const std::array<std::int64_t, 3>& input,
               int max_batch);
  ~FusedNetwork();

  // input: float32 [B, C, H, W] on the CPU. Returns what the module returns. Thread-safe; one OpenMP thread is used
  // where the calling thread has one.
  torch::Tensor run(const torch::Tensor& input) const;

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace animalctl
