#include "exporter/torchserve_module.h"

#include <fmt/core.h>

#include "animalctl/base/error.h"
#include "exporter/agreement.h"
#include "exporter/stock_resize.h"
#include "model/torchscript_file.h"

namespace animalctl {
namespace {

// torchvision's, of ImageNet's training set.
const std::vector<float> kStockMean = {0.485F, 0.456F, 0.406F};
const std::vector<float> kStockStd = {0.229F, 0.224F, 0.225F};
// ITU-R BT.601, as OpenCV makes grey.
const std::vector<float> kGrey = {0.299F, 0.587F, 0.114F};
// A score that softmax turns into exactly 0, and that is no infinity, so that gradients stay numbers.
constexpr const char* kNoScore = "-1e9";

torch::Tensor matrix(const std::vector<float>& weights, std::int64_t rows, std::int64_t columns) {
  return torch::tensor(weights).view({rows, columns});
}

// TorchScript that runs the network on `normal` and gives `output`.
std::string run_source(bool one_by_one, std::int64_t projection) {
  const std::string answer =
      projection == 0 ? "" : fmt::format("    output = output[:, 0:output.size(1) - {}]\n", projection);
  if (!one_by_one) return "    output = self.network.forward(normal)\n" + answer;
  return "    rows : List[Tensor] = []\n"
         "    for i in range(normal.size(0)):\n"
         "        rows.append(self.network.forward(normal[i:i + 1]))\n"
         "    output = torch.cat(rows, 0)\n" +
         answer;
}

// TorchScript that turns `output` into scores whose softmax gives the probabilities.
std::string scores_source(const ScriptDescription& description) {
  const bool logits = description.output == ScriptOutput::Logits;
  // One column for two classes is that of the second.
  const std::string pair =
      logits ? "torch.cat([torch.zeros_like(output), output], 1)" : "torch.cat([1.0 - output, output], 1)";
  const std::string source = fmt::format(
      "    output = output.float()\n"
      "    if output.size(1) == 1:\n"
      "        output = {}\n",
      pair);
  return source + (logits ? "" : "    output = torch.log(torch.clamp(output, 1e-38, 1.0))\n");
}

std::string forward_source(const ScriptDescription& description, bool one_by_one) {
  const Preprocessing& wanted = description.model.preprocessing;
  const auto missing = kStockColumns - static_cast<std::int64_t>(description.model.classes.size());
  std::string source =
      "def forward(self, images):\n"
      "    unit = images * self.stock_std + self.stock_mean\n"
      "    sized = torch.matmul(torch.matmul(self.resize_rows, unit), self.resize_columns)\n";
  if (wanted.channels == 1) source += "    sized = torch.sum(sized * self.grey, [1], True)\n";
  source += "    normal = (sized - self.mean) / self.std\n";
  source += run_source(one_by_one, description.projection) + scores_source(description);
  if (missing > 0) {
    source += fmt::format("    nothing = torch.zeros_like(output[:, 0:1]) + {}\n", kNoScore);
    source += fmt::format("    output = torch.cat([output, nothing.repeat([1, {}])], 1)\n", missing);
  }
  return source + "    return output\n";
}

}  // namespace

torch::Tensor stock_normalise(const torch::Tensor& unit) {
  return (unit - per_channel(kStockMean)) / per_channel(kStockStd);
}

torch::jit::Module make_torchserve_module(const torch::jit::Module& network, const ScriptDescription& description,
                                          bool one_by_one) {
  const Preprocessing& wanted = description.model.preprocessing;
  // In the network's own unit of compiled code, so that the names of classes cannot meet twice in the file.
  torch::jit::Module module(c10::QualifiedName("__torch__.animalctl.TorchServe"), network._ivalue()->compilation_unit(),
                            /*shouldMangle=*/true);
  module.register_attribute("training", c10::BoolType::get(), false);
  const StockResize resize = stock_resize(wanted);
  module.register_buffer("resize_rows", matrix(resize.rows, wanted.height, kStockSide));
  module.register_buffer("resize_columns", matrix(resize.columns, kStockSide, wanted.width));
  module.register_buffer("stock_mean", per_channel(kStockMean));
  module.register_buffer("stock_std", per_channel(kStockStd));
  module.register_buffer("grey", per_channel(kGrey));
  module.register_buffer("mean", per_channel(wanted.mean));
  module.register_buffer("std", per_channel(wanted.std));
  module.register_module(kScriptNetworkPart, network);
  try {
    module.define(forward_source(description, one_by_one));
  } catch (const std::exception& error) {
    throw Error(ErrorCode::DataLoss, fmt::format("the TorchScript module cannot be put behind TorchServe's "
                                                 "preprocessing; its forward must take one tensor and give one: {}",
                                                 script_failure(error)));
  }
  return module;
}

}  // namespace animalctl
