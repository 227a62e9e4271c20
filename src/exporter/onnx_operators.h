#pragma once

#include "exporter/onnx_writer.h"

namespace animalctl {

// Writes the ONNX form of one node of a frozen graph. Throws Unimplemented naming the operator, or the argument of it,
// that has none here.
void write_operator(OnnxWriter& writer, torch::jit::Node& node);

}  // namespace animalctl
