#pragma once

#include <string>
#include <vector>

#include "animalctl/checkpoint/value.h"
#include "compat/torch.h"

namespace animalctl {

// Between LibTorch's tensors and the plain ones of checkpoint files. Always a copy; the result of
// to_plain is contiguous in host memory. from_plain gives a CPU tensor.
checkpoint::Tensor to_plain(const torch::Tensor& tensor);
torch::Tensor from_plain(const checkpoint::Tensor& tensor);

struct NamedTensor {
  std::string name;
  torch::Tensor tensor;
};

// Parameters and buffers of a module in the order of Python's state_dict(): depth first, of each module
// its own parameters, then its own buffers.
std::vector<NamedTensor> state_tensors(const torch::nn::Module& module);

// The module's state as Python's state_dict() gives it: an OrderedDict of tensors.
checkpoint::Dict make_state_dict(const torch::nn::Module& module);

// Copies a state dict into the module. Names, shapes and dtypes must agree exactly; if not, nothing is copied
// and DataLoss names what is missing, unknown and mismatched (the first ten of each). `origin` is the file.
void load_state_dict(torch::nn::Module& module, const checkpoint::Dict& state, const std::string& origin);

}  // namespace animalctl
