#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "animalctl/model/preprocessing.h"
#include "animalctl/model/script_options.h"

namespace animalctl {

// What a model can be turned into. The first two hold the whole network and take float32 [B, C, H, W], normalised as
// the description in the file says, B free, and give probabilities [B, 1] (two classes: that of the second) or
// [B, classes]. The last two hold its tensors under torchvision's names.
enum class ExportFormat {
  TorchScript,  // torch.jit.load; the description is the extra file animalctl.json
  Onnx,         // the description is the metadata entry "animalctl"
  Safetensors,  // the description is the metadata entry "animalctl"
  StateDict,    // torch.load: an OrderedDict of tensors and nothing else
  // TorchScript for two servers: the part "network" takes images as the first two do, and forward takes what
  // TorchServe's handler image_classifier hands over, float32 [B, 3, 224, 224] normalised with ImageNet's numbers, and
  // gives scores [B, max(classes, 5)] whose softmax is the probabilities; columns without a class have 0. The
  // description is the extra file animalctl.json.
  TorchServe,
};

// "torchscript", "onnx", "safetensors", "state-dict", "torchserve".
std::string_view to_string(ExportFormat format);
// What files of a format end in: ".torchscript.pt", ".onnx", ".safetensors", ".state_dict.pth", ".torchserve.pt".
std::string_view file_ending(ExportFormat format);

// Operator sets of ONNX that can be written: 10 came with onnx 1.5 in 2019, and what is used here means the same up
// to 17.
inline constexpr int kLowestOpset = 10;
inline constexpr int kHighestOpset = 17;

struct ExportConfig {
  std::filesystem::path model;  // a checkpoint; for TorchServe also "torchscript:FILE"
  ExportFormat format = ExportFormat::TorchScript;
  std::filesystem::path out;
  int opset = kLowestOpset;  // of ONNX; the lowest is read by the most programs
  ScriptOptions script;      // only for "torchscript:FILE"
};

struct ExportReport {
  std::filesystem::path out;
  ExportFormat format = ExportFormat::TorchScript;
  // Largest difference between the probabilities of the model and of the file on the images it was tried with; 0 for
  // files of tensors, which have to be equal bit by bit.
  double largest_difference = 0;
  std::uint64_t size = 0;  // bytes
  // The same for image_classifier's way through a file for TorchServe; 0 for other formats.
  double largest_stock_difference = 0;
  // What the model says of itself.
  std::string architecture;
  std::vector<std::string> classes;
  Preprocessing preprocessing;
};

// Writes the model in another format. The file is read back and tried before it takes its name: TorchScript with
// LibTorch (1e-5), ONNX with OpenCV's dnn (1e-3), the others tensor by tensor; one for TorchServe also in
// image_classifier's way (0.05, because that rounds colours at another place). Atomic and durable.
// Throws what reading a checkpoint or a TorchScript file throws; InvalidArgument for an opset out of range or when
// `out` is the model itself; DataLoss when the model gives numbers that are not finite; Unimplemented for an operator
// that has no ONNX form here; Internal when the file fails its check, and then nothing is written.
ExportReport export_model(const ExportConfig& config);

}  // namespace animalctl
