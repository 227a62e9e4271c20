#pragma once

// The only include of ONNX's protobuf classes.
#include <onnx/onnx_pb.h>
