#include "exporter/torchserve_module.h"

#include "animalctl/exporter/export_model.h"
#include "animalctl/image/transform.h"
#include "exporter/stock_resize.h"
#include "model/model_file.h"
#include "model/tensor_conversion.h"
#include "model/torchscript_file.h"
#include "model/torchscript_network.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::test {
namespace {

std::filesystem::path write_pth(const TemporaryFolder& folder, const std::string& architecture,
                                std::vector<std::string> classes) {
  const ArchitectureRow row = find_architecture(architecture);
  ModelFile file;
  file.architecture = architecture;
  file.classes = std::move(classes);
  file.preprocessing = row.default_preprocessing();
  const auto network = row.make({file.preprocessing, file.classes.size()});
  network->initialise(1);
  file.state = make_state_dict(*network);
  write_model_file(folder / "m.pth", file);
  return folder / "m.pth";
}

ExportReport export_for_torchserve(const std::filesystem::path& model, const std::filesystem::path& out,
                                   const ScriptOptions& script = {}) {
  ExportConfig config;
  config.model = model;
  config.format = ExportFormat::TorchServe;
  config.out = out;
  config.script = script;
  return export_model(config);
}

// A module whose forward is this TorchScript.
std::filesystem::path save_script(const std::filesystem::path& path, const std::string& body,
                                  const torch::jit::ExtraFilesMap& extra = {}) {
  torch::jit::Module module("__torch__.M");
  module.register_attribute("training", c10::BoolType::get(), false);
  module.define("def forward(self, x):\n    return " + body + "\n");
  module.save(path.string(), extra);
  return std::string(kScriptPrefix) + path.string();
}

ScriptOptions three_colours() {
  ScriptOptions options;
  options.classes = {"A", "B", "C"};
  options.width = 20;
  options.height = 30;
  options.mean = {0, 0, 0};
  options.std = {1, 1, 1};
  options.output = ScriptOutput::Logits;
  return options;
}

ImageU8 noise() {
  ImageU8 image;
  image.width = image.height = kStockSide;
  image.channels = 3;
  for (int i = 0; i < kStockSide * kStockSide * 3; ++i) {
    image.pixels.push_back(static_cast<std::uint8_t>(i * 2654435761U >> 13));
  }
  return image;
}

}  // namespace

TEST_CASE("an architecture's file for TorchServe answers in both servers as the model does") {
  for (const char* architecture : {"animalnet", "smallcnn", "mobilenet_v2"}) {
    INFO(architecture);
    const TemporaryFolder folder;
    const auto model = write_pth(folder, architecture, {"CAT", "DOG"});
    const ExportReport report = export_for_torchserve(model, folder / "m.pt");
    CHECK(report.largest_difference == 0);
    CHECK(report.largest_stock_difference < 0.05);
    CHECK(report.architecture == architecture);
    CHECK(report.classes == std::vector<std::string>{"CAT", "DOG"});
    CHECK(report.size == std::filesystem::file_size(folder / "m.pt"));
    torch::jit::Module module = torch::jit::load((folder / "m.pt").string());
    CHECK(module.forward({torch::zeros({2, 3, 224, 224})}).toTensor().sizes() == at::IntArrayRef({2, kStockColumns}));
  }
}

TEST_CASE("with more than five classes the file for TorchServe has a column for each") {
  const TemporaryFolder folder;
  const auto model = write_pth(folder, "smallcnn", {"A", "B", "C", "D", "E", "F"});
  CHECK(export_for_torchserve(model, folder / "m.pt").largest_difference == 0);
  torch::jit::Module module = torch::jit::load((folder / "m.pt").string());
  CHECK(module.forward({torch::zeros({1, 3, 224, 224})}).toTensor().size(1) == 6);
}

TEST_CASE("TorchScript of others is put behind TorchServe's preprocessing, and once more") {
  const TemporaryFolder folder;
  for (const char* body : {"x.mean([2, 3])", "torch.reshape(x.mean([2, 3]), [1, 3])"}) {
    INFO(body);
    const auto model = save_script(folder / "others.pt", body);
    const ExportReport report = export_for_torchserve(model, folder / "m.pt", three_colours());
    CHECK(report.largest_difference == 0);
    CHECK(report.largest_stock_difference < 0.01);
    // The second takes one image only; its file takes any number from TorchServe.
    torch::jit::Module module = torch::jit::load((folder / "m.pt").string());
    CHECK(module.forward({torch::zeros({3, 3, 224, 224})}).toTensor().size(0) == 3);
    const ScriptFile file = read_script_file(folder / "m.pt");
    CHECK(file.output == ScriptOutput::Logits);
    CHECK(file.description->classes == std::vector<std::string>{"A", "B", "C"});
    const auto again = std::string(kScriptPrefix) + (folder / "m.pt").string();
    CHECK(export_for_torchserve(again, folder / "again.pt").largest_difference == 0);
  }
}

TEST_CASE("TorchScript whose forward gives something else by its type is refused") {
  const TemporaryFolder folder;
  torch::jit::Module module("__torch__.M");
  module.define("def forward(self, x : Tensor) -> Any:\n    return x.mean([2, 3])\n");
  require_error(ErrorCode::DataLoss, "must take one tensor and give one", [&] {
    make_torchserve_module(module, {{"m", {"A", "B", "C"}, {}}, ScriptOutput::Logits}, false);
  });
}

TEST_CASE("a description that names a part or an output which is not there is refused") {
  const TemporaryFolder folder;
  const std::string model =
      R"("format": 1, "architecture": "m", "classes": ["A", "B"], "preprocessing": {"resize": "area", "width": 2, )"
      R"("height": 2, "channels": 1, "mean": [0], "std": [1]})";
  const auto refuse = [&](const std::string& more, std::string_view part) {
    save_script(folder / "m.pt", "x", {{kScriptDescriptionFile, "{" + model + more + "}"}});
    require_error(ErrorCode::DataLoss, part, [&] { read_script_file(folder / "m.pt"); });
  };
  refuse(R"(, "module": "network")", "no part \"network\"");
  refuse(R"(, "module": "training")", "no part \"training\"");
  refuse(R"(, "output": "scores")", "the output \"scores\"");
}

TEST_CASE("the resize of the square is OpenCV's") {
  const ImageU8 image = noise();
  const torch::Tensor pixels =
      torch::tensor(image.pixels, torch::kByte).view({kStockSide, kStockSide, 3}).permute({2, 0, 1}).to(torch::kDouble);
  struct Case {
    int width;
    int height;
    Fit fit;
    float share;
  };
  for (const Case& wanted :
       {Case{16, 16, Fit::Stretch, 1}, Case{100, 37, Fit::Stretch, 1}, Case{224, 224, Fit::Centre, 0.875F},
        Case{64, 64, Fit::Centre, 1}, Case{60, 40, Fit::Centre, 0.5F}, Case{299, 299, Fit::Stretch, 1},
        Case{300, 100, Fit::Stretch, 1}}) {
    INFO(wanted.width << " x " << wanted.height);
    Preprocessing preprocessing;
    preprocessing.width = wanted.width;
    preprocessing.height = wanted.height;
    preprocessing.channels = 3;
    preprocessing.fit = wanted.fit;
    preprocessing.centre_share = wanted.share;
    const StockResize resize = stock_resize(preprocessing);
    const torch::Tensor rows = torch::tensor(resize.rows).view({wanted.height, kStockSide}).to(torch::kDouble);
    const torch::Tensor columns = torch::tensor(resize.columns).view({kStockSide, wanted.width}).to(torch::kDouble);
    const torch::Tensor found = torch::matmul(torch::matmul(rows, pixels), columns).permute({1, 2, 0});
    const std::vector<std::uint8_t> expected = prepare(image, of_stock_square(preprocessing));
    const torch::Tensor difference =
        found - torch::tensor(expected, torch::kByte).view({wanted.height, wanted.width, 3});
    // OpenCV's answer is rounded, and its weights have eleven bits where the image grows.
    CHECK(difference.abs().max().item<double>() < 1);
  }
}

}  // namespace animalctl::test
