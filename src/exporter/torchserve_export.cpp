#include "exporter/torchserve_export.h"

#include <fmt/core.h>

#include <algorithm>
#include <sstream>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "exporter/agreement.h"
#include "exporter/stock_resize.h"
#include "exporter/torchscript_export.h"
#include "exporter/torchserve_module.h"
#include "model/model_file.h"
#include "model/torchscript_file.h"
#include "model/torchscript_network.h"

namespace animalctl {
namespace {

// The part that `serve` runs is the recording itself.
constexpr double kNetworkBound = 1e-5;
// image_classifier's way rounds to eight bits before it resizes, the model's own way after it.
constexpr double kStockBound = 0.05;

// A model, what it says of itself, and its recording.
struct Source {
  ScriptDescription description;
  std::shared_ptr<Network> network;
  torch::jit::Module module;
  bool one_by_one = false;
};

Source open_source(const ExportConfig& config) {
  if (!is_script_model(config.model)) {
    const ModelFile file = read_model_file(config.model);
    const ModelDescription description{file.architecture, file.classes, file.preprocessing};
    const std::shared_ptr<Network> network = make_network(file, config.model);
    // Not probabilities: `serve` may run the network in bfloat16, whose steps between 0.5 and 1 are 1/256.
    ServingRecording recording = record_for_serving(*network, file.preprocessing);
    return {{description, ScriptOutput::Logits, recording.projection}, network, std::move(recording.module)};
  }
  const OpenModel model = open_script_model(script_path(config.model), config.script);
  const ScriptInside inside = script_inside(*model.network).value();
  return {inside.description, model.network, inside.module, inside.one_by_one};
}

// Pictures of the size that image_classifier shows a network, as they come out of a file: eight bits.
std::vector<ImageU8> trial_squares(std::int64_t count) {
  const torch::Tensor unit = trial_images(count, {0, 0, 0}, {1, 1, 1}, kStockSide, kStockSide);
  const torch::Tensor bytes = (unit * 255).round().to(torch::kByte).permute({0, 2, 3, 1}).contiguous();
  std::vector<ImageU8> images;
  for (std::int64_t i = 0; i < count; ++i) {
    const torch::Tensor one = bytes[i].contiguous();
    ImageU8 image;
    image.width = image.height = kStockSide;
    image.channels = 3;
    image.pixels.assign(one.data_ptr<std::uint8_t>(), one.data_ptr<std::uint8_t>() + one.numel());
    images.push_back(std::move(image));
  }
  return images;
}

// The pictures in the model's own preprocessing: [B, C, H, W].
torch::Tensor prepared(const std::vector<ImageU8>& images, const Preprocessing& wanted) {
  const Preprocessing of_square = of_stock_square(wanted);
  const Normaliser normaliser(of_square);
  torch::Tensor batch =
      torch::empty({static_cast<std::int64_t>(images.size()), wanted.channels, wanted.height, wanted.width});
  for (std::size_t i = 0; i < images.size(); ++i) {
    normaliser.apply(prepare(images[i], of_square), {batch.data_ptr<float>() + i * wanted.size(), wanted.size()});
  }
  return batch;
}

// The pictures as image_classifier hands them over: [B, 3, 224, 224].
torch::Tensor handed_over(const std::vector<ImageU8>& images) {
  std::vector<torch::Tensor> batch;
  for (const ImageU8& image : images) {
    batch.push_back(torch::tensor(image.pixels, torch::kByte).view({kStockSide, kStockSide, 3}));
  }
  return stock_normalise(torch::stack(batch).permute({0, 3, 1, 2}).to(torch::kFloat) / 255);
}

// [B, 1] of two classes as [B, 2], which is image_classifier's form.
torch::Tensor all_classes(const torch::Tensor& probabilities) {
  return probabilities.size(1) > 1 ? probabilities : torch::cat({1 - probabilities, probabilities}, 1);
}

void require_finite(const torch::Tensor& expected, const ExportConfig& config) {
  if (expected.isfinite().all().item<bool>()) return;
  throw Error(ErrorCode::DataLoss,
              fmt::format("{}: the model gives numbers that are not finite, so it cannot be exported; train it again",
                          config.model.string()));
}

// The part that `serve` runs gives what the model gives.
double check_network(const std::filesystem::path& file, const Source& source, const ExportConfig& config) {
  const OpenModel reread = open_script_model(file, {});
  const Preprocessing& wanted = source.description.model.preprocessing;
  double largest = 0;
  for (const std::int64_t count : kTrialBatches) {
    const torch::Tensor images = trial_images(count, wanted.mean, wanted.std, wanted.height, wanted.width);
    const torch::Tensor expected = source.network->probabilities(images);
    require_finite(expected, config);
    largest = std::max(largest, require_agreement(expected, reread.network->probabilities(images), kNetworkBound,
                                                  config.out, "LibTorch"));
  }
  return largest;
}

// image_classifier's steps give about what the model gives.
double check_stock(const std::filesystem::path& file, const Source& source, const ExportConfig& config) {
  torch::jit::Module module = torch::jit::load(file.string(), torch::kCPU);
  const auto classes = static_cast<std::int64_t>(source.description.model.classes.size());
  double largest = 0;
  for (const std::int64_t count : kTrialBatches) {
    const std::vector<ImageU8> images = trial_squares(count);
    const torch::Tensor expected =
        all_classes(source.network->probabilities(prepared(images, source.description.model.preprocessing)));
    const torch::Tensor found = torch::softmax(module.forward({handed_over(images)}).toTensor(), 1);
    if (found.size(1) != std::max(classes, kStockColumns)) {
      throw Error(ErrorCode::Internal,
                  fmt::format("{} is not written: gives {} columns", config.out.string(), found.size(1)));
    }
    largest = std::max(largest, require_agreement(expected, found.narrow(1, 0, classes), kStockBound, config.out,
                                                  "TorchServe's image_classifier"));
  }
  return largest;
}

// A file beside the target that is gone at the end.
class TrialFile {
 public:
  explicit TrialFile(const std::filesystem::path& out) : path_(out) { path_ += ".animalctl-trial"; }
  ~TrialFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  TrialFile(const TrialFile&) = delete;
  TrialFile& operator=(const TrialFile&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace

ExportReport export_for_torchserve(const ExportConfig& config) {
  const torch::NoGradGuard no_grad;
  const Source source = open_source(config);
  const torch::jit::Module module = make_torchserve_module(source.module, source.description, source.one_by_one);
  ExportedNetwork exported;
  exported.output = source.description.output == ScriptOutput::Logits ? "logits" : "probabilities";
  exported.module = kScriptNetworkPart;
  exported.projection = source.description.projection;
  std::ostringstream stream;
  module.save(stream, {{kScriptDescriptionFile, description_json(source.description.model, exported)}});
  const std::string bytes = std::move(stream).str();
  ExportReport report{config.out,
                      config.format,
                      0,
                      0,
                      0,
                      source.description.model.architecture,
                      source.description.model.classes,
                      source.description.model.preprocessing};
  const TrialFile trial(config.out);
  write_file_atomic(trial.path(), bytes);
  report.largest_difference = check_network(trial.path(), source, config);
  report.largest_stock_difference = check_stock(trial.path(), source, config);
  write_file_atomic(config.out, bytes);
  report.size = bytes.size();
  return report;
}

}  // namespace animalctl
