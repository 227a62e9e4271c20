#include "animalctl/exporter/export_model.h"

#include <fmt/core.h>

#include <sstream>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/checkpoint/safetensors.h"
#include "animalctl/checkpoint/torch_file.h"
#include "exporter/agreement.h"
#include "exporter/dnn_check.h"
#include "exporter/onnx_export.h"
#include "exporter/torchscript_export.h"
#include "exporter/torchserve_export.h"
#include "model/model_file.h"
#include "model/tensor_conversion.h"

namespace animalctl {
namespace {

constexpr double kScriptBound = 1e-5;
constexpr double kOnnxBound = 1e-3;
// Every file is tried with one image and with several: the number of images must be free.

// The model and what it says of the trial images.
struct Trial {
  ModelDescription description;
  std::shared_ptr<Network> network;

  torch::Tensor images(std::int64_t count) const {
    const Preprocessing& wanted = description.preprocessing;
    return trial_images(count, wanted.mean, wanted.std, wanted.height, wanted.width);
  }
};

torch::Tensor expected_probabilities(const Trial& trial, const torch::Tensor& images, const ExportConfig& config) {
  const torch::Tensor expected = trial.network->probabilities(images);
  if (!expected.isfinite().all().item<bool>()) {
    throw Error(ErrorCode::DataLoss, fmt::format("{}: the model gives numbers that are not finite, so it cannot be "
                                                 "exported; train it again",
                                                 config.model.string()));
  }
  return expected;
}

// Largest difference over the trial batches; `run` is the reader.
template <typename Run>
double check(const Trial& trial, const ExportConfig& config, double bound, std::string_view reader, Run&& run) {
  const c10::InferenceMode inference;
  double largest = 0;
  for (const std::int64_t count : kTrialBatches) {
    const torch::Tensor images = trial.images(count);
    const torch::Tensor expected = expected_probabilities(trial, images, config);
    largest = std::max(largest, require_agreement(expected, run(images), bound, config.out, reader));
  }
  return largest;
}

double export_script(const Trial& trial, const ExportConfig& config) {
  const torch::jit::Module recorded = record_probabilities(*trial.network, trial.description.preprocessing);
  const std::string file = serialize_script(recorded, trial.description);
  std::istringstream stream(file);
  torch::jit::Module reread = torch::jit::load(stream);
  const double difference = check(trial, config, kScriptBound, "LibTorch",
                                  [&](const torch::Tensor& images) { return reread.forward({images}).toTensor(); });
  write_file_atomic(config.out, file);
  return difference;
}

double export_onnx(const Trial& trial, const ExportConfig& config) {
  const torch::jit::Module recorded = record_probabilities(*trial.network, trial.description.preprocessing);
  const std::string file = serialize_onnx(recorded, trial.description, config.opset);
  const auto run = [&](const torch::Tensor& images) {
    const std::array<int, 4> shape = {static_cast<int>(images.size(0)), static_cast<int>(images.size(1)),
                                      static_cast<int>(images.size(2)), static_cast<int>(images.size(3))};
    const std::vector<float> found = run_with_opencv(
        as_byte_span(file), {images.data_ptr<float>(), static_cast<std::size_t>(images.numel())}, shape);
    const auto size = static_cast<std::int64_t>(found.size());
    return size % shape[0] == 0 ? torch::tensor(found).view({shape[0], size / shape[0]}) : torch::tensor(found);
  };
  const double difference = check(trial, config, kOnnxBound, "OpenCV's dnn", run);
  write_file_atomic(config.out, file);
  return difference;
}

void require_same_tensors(const checkpoint::Dict& expected, const checkpoint::Dict& found, const ExportConfig& config) {
  bool same = expected.size() == found.size();
  for (const checkpoint::DictEntry& entry : expected.entries) {
    const auto* const value = found.find(*entry.key.get_if<std::string>());
    const auto* const tensor = entry.value.get_if<checkpoint::Tensor>();
    const auto* const reread = value == nullptr ? nullptr : value->get_if<checkpoint::Tensor>();
    same = same && reread != nullptr && *reread == *tensor;
  }
  if (!same) {
    throw Error(ErrorCode::Internal,
                fmt::format("{} is not written: its tensors are not read back as they are", config.out.string()));
  }
}

void export_safetensors(const Trial& trial, const ExportConfig& config) {
  checkpoint::Safetensors file;
  file.tensors = make_state_dict(*trial.network);
  // "format" tells Python's loaders which library's tensors these are.
  file.metadata = {{"format", "pt"}, {kDescriptionName, description_json(trial.description)}};
  const Bytes bytes = checkpoint::serialize_safetensors(file);
  const auto reread = checkpoint::parse_safetensors(bytes, config.out.string());
  require_same_tensors(file.tensors, reread.tensors, config);
  write_file_atomic(config.out, bytes);
}

void export_state_dict(const Trial& trial, const ExportConfig& config) {
  const checkpoint::Dict state = make_state_dict(*trial.network);
  const Bytes bytes = checkpoint::serialize_torch_file(state, config.out.stem().string());
  const checkpoint::Value reread = checkpoint::parse_torch_file(bytes, config.out.string());
  require_same_tensors(state, *reread.get_if<checkpoint::Dict>(), config);
  write_file_atomic(config.out, bytes);
}

void require_usable(const ExportConfig& config) {
  if (config.format == ExportFormat::Onnx && (config.opset < kLowestOpset || config.opset > kHighestOpset)) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("ONNX operator set {} is not written; {} to {} are",
                                                        config.opset, kLowestOpset, kHighestOpset));
  }
  std::error_code ignored;
  if (std::filesystem::equivalent(script_path(config.model), config.out, ignored)) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("{} is the model itself; give another name with --out", config.out.string()));
  }
}

}  // namespace

ExportReport export_model(const ExportConfig& config) {
  require_usable(config);
  if (config.format == ExportFormat::TorchServe) return export_for_torchserve(config);
  const ModelFile file = read_model_file(config.model);
  const Trial trial{{file.architecture, file.classes, file.preprocessing}, make_network(file, config.model)};
  ExportReport report{config.out, config.format, 0, 0, 0, file.architecture, file.classes, file.preprocessing};
  switch (config.format) {
    case ExportFormat::TorchScript:
      report.largest_difference = export_script(trial, config);
      break;
    case ExportFormat::Onnx:
      report.largest_difference = export_onnx(trial, config);
      break;
    case ExportFormat::Safetensors:
      export_safetensors(trial, config);
      break;
    case ExportFormat::StateDict:
      export_state_dict(trial, config);
      break;
    case ExportFormat::TorchServe:
      break;  // went its own way above
  }
  report.size = std::filesystem::file_size(config.out);
  return report;
}

}  // namespace animalctl
