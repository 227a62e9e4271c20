#pragma once

#include <string>

#include "compat/torch_script.h"
#include "model/description.h"

namespace animalctl {

// The bytes of an ONNX file of a recorded network: input "input" float32 [batch, C, H, W], output "probabilities"
// float32 [batch, outputs]. Throws Unimplemented for an operator that has no row in onnx_operators.cpp.
std::string serialize_onnx(const torch::jit::Module& module, const ModelDescription& description, int opset);

}  // namespace animalctl
