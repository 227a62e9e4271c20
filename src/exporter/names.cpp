#include "animalctl/exporter/export_model.h"

namespace animalctl {

std::string_view to_string(ExportFormat format) {
  switch (format) {
    case ExportFormat::TorchScript:
      return "torchscript";
    case ExportFormat::Onnx:
      return "onnx";
    case ExportFormat::Safetensors:
      return "safetensors";
    case ExportFormat::StateDict:
      return "state-dict";
    case ExportFormat::TorchServe:
      return "torchserve";
  }
  return "unknown";
}

std::string_view file_ending(ExportFormat format) {
  switch (format) {
    case ExportFormat::TorchScript:
      return ".torchscript.pt";
    case ExportFormat::Onnx:
      return ".onnx";
    case ExportFormat::Safetensors:
      return ".safetensors";
    case ExportFormat::StateDict:
      return ".state_dict.pth";
    case ExportFormat::TorchServe:
      return ".torchserve.pt";
  }
  return "";
}

}  // namespace animalctl
