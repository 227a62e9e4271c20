#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "compat/onednn.h"
#include "compat/torch.h"
#include "fused/layers.h"
#include "fused/onednn_operations.h"

namespace animalctl {

// Weights in the layouts that the primitives want, shared by the programs of one network. Not thread-safe.
class FusedWeights {
 public:
  // `values`: float32, of `given`'s shape and layout.
  dnnl::memory arranged(const torch::Tensor& values, const onednn::Description& given,
                        const onednn::Description& wanted);

 private:
  std::map<const void*, std::vector<dnnl::memory>> known_;  // by the tensor's data
};

// Where a primitive finds one of its arguments.
struct FusedOperand {
  enum class Place { Buffer, Input, Output, Constant };
  int argument = 0;  // DNNL_ARG_…
  Place place = Place::Buffer;
  std::size_t index = 0;  // of the buffer or the output
  onednn::Description description;
  dnnl::memory constant;
};

struct FusedCall {
  dnnl::primitive primitive;  // empty: DNNL_ARG_FROM's rows are written backwards into DNNL_ARG_TO
  std::vector<FusedOperand> operands;
};

// The layers of a network as a list of primitives for one number of images. Runs of it do not change it.
struct FusedProgram {
  std::vector<FusedCall> calls;
  std::vector<std::size_t> buffer_offsets;  // and the size of them all behind
  std::vector<onednn::Dims> output_shapes;  // [B, C, H, W]
};

// Throws Unimplemented when oneDNN has a layer only in its slow reference form, or not at all, when the shapes of a sum
// differ, or when Winograd is wanted and no layer uses it. `input`: [B, C, H, W].
FusedProgram build_program(const std::vector<FusedLayer>& layers, const std::vector<MapNumber>& outputs,
                           FusedArithmetic arithmetic, const onednn::Dims& input, FusedWeights& weights);

// The memory for one run at a time of a program, which has to outlive it.
class FusedRun {
 public:
  explicit FusedRun(const FusedProgram& program);
  // input: float32 [B, C, H, W]; outputs: float32, of the program's shapes; all contiguous.
  void run(const float* input, const std::vector<float*>& outputs);

 private:
  struct Call {
    const dnnl::primitive* primitive;
    std::unordered_map<int, dnnl::memory> arguments;
  };
  dnnl::stream stream_;
  torch::Tensor block_;
  std::vector<Call> calls_;
  std::vector<dnnl::memory> inputs_;
  std::vector<std::pair<std::size_t, dnnl::memory>> outputs_;
};

}  // namespace animalctl
