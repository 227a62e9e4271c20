#include <fmt/core.h>

#include "animalctl/exporter/export_model.h"

#include <limits>

#include "exporter/agreement.h"
#include "exporter/dnn_check.h"
#include "model/model_file.h"
#include "model/tensor_conversion.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::test {
namespace {

// A checkpoint of random weights for `classes` classes.
std::filesystem::path write_model(const TemporaryFolder& folder, const std::string& architecture,
                                  std::vector<std::string> classes = {"CAT", "DOG"}) {
  const ArchitectureRow row = find_architecture(architecture);
  ModelFile file;
  file.architecture = architecture;
  file.classes = std::move(classes);
  file.preprocessing = row.default_preprocessing();
  if (file.preprocessing.channels == 3) file.preprocessing.width = file.preprocessing.height = 64;
  const auto network = row.make({file.preprocessing, file.classes.size()});
  network->initialise(1);
  file.state = make_state_dict(*network);
  write_model_file(folder / "m.pth", file);
  return folder / "m.pth";
}

}  // namespace

TEST_CASE("every architecture is exported to every format and passes its check") {
  for (const ArchitectureRow& row : architecture_table()) {
    // The same blocks as resnet18, only more of them.
    if (std::string(row.name) == "resnet34") continue;
    const TemporaryFolder folder;
    const auto model = write_model(folder, row.name);
    for (const ExportFormat format :
         {ExportFormat::TorchScript, ExportFormat::Onnx, ExportFormat::Safetensors, ExportFormat::StateDict}) {
      INFO(row.name << " " << std::string(to_string(format)));
      ExportConfig config;
      config.model = model;
      config.format = format;
      config.out = folder / fmt::format("m{}", file_ending(format));
      const ExportReport report = export_model(config);
      CHECK(report.largest_difference <= 1e-3);
      CHECK(report.size == std::filesystem::file_size(config.out));
    }
  }
}

TEST_CASE("a network of three classes is exported with softmax, in the lowest and the highest operator set") {
  const TemporaryFolder folder;
  ExportConfig config;
  config.model = write_model(folder, "mobilenet_v2", {"A", "B", "C"});
  config.out = folder / "m.onnx";
  config.format = ExportFormat::Onnx;
  for (const int opset : {kLowestOpset, kHighestOpset}) {
    config.opset = opset;
    CHECK(export_model(config).largest_difference <= 1e-3);
  }
  for (const int opset : {kLowestOpset - 1, kHighestOpset + 1}) {
    config.opset = opset;
    require_error(ErrorCode::InvalidArgument, "10 to 17 are", [&] { export_model(config); });
  }
  config.out = config.model;
  config.format = ExportFormat::StateDict;
  require_error(ErrorCode::InvalidArgument, "model itself", [&] { export_model(config); });
}

TEST_CASE("an export whose answers differ from the model's is not accepted") {
  const torch::Tensor expected = torch::tensor({{0.25F}, {0.5F}});
  CHECK(require_agreement(expected, expected + 1e-4, 1e-3, "m.onnx", "OpenCV's dnn") > 0);
  require_error(ErrorCode::Internal, "m.onnx is not written: OpenCV's dnn reads it and its probabilities differ",
                [&] { require_agreement(expected, expected + 0.1, 1e-3, "m.onnx", "OpenCV's dnn"); });
  require_error(ErrorCode::Internal, "nan from the model", [&] {
    require_agreement(expected, expected * std::numeric_limits<float>::quiet_NaN(), 1e-3, "m.onnx", "OpenCV's dnn");
  });
  require_error(ErrorCode::Internal, "gives 1 numbers for 2 images", [&] {
    require_agreement(expected, torch::zeros({1, 1}), 1e-3, "m.onnx", "OpenCV's dnn");
  });
}

TEST_CASE("a network that OpenCV cannot read is refused with its reason") {
  const std::vector<float> image(4);
  require_error(ErrorCode::Internal, "OpenCV's dnn refuses", [&] {
    run_with_opencv(as_byte_span("noise"), image, {1, 1, 2, 2});
  });
}

TEST_CASE("trial images are the same in every run and in the range of normalised images") {
  const torch::Tensor images = trial_images(2, {0.5F}, {0.5F}, 10, 6);
  CHECK(images.sizes() == at::IntArrayRef({2, 1, 10, 6}));
  CHECK(images.abs().max().item<float>() <= 1);
  CHECK(torch::equal(images, trial_images(2, {0.5F}, {0.5F}, 10, 6)));
}

}  // namespace animalctl::test
