#include "model/torchscript_file.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/json.h"
#include "compat/torch_graph.h"

namespace animalctl {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kMaxProjection = 1024;

void require_file(const fs::path& path) {
  std::error_code code;
  const fs::file_status status = fs::status(path, code);
  if (!fs::exists(status)) {
    throw Error(ErrorCode::NotFound, fmt::format("there is no TorchScript file {}", path.string()));
  }
  if (!fs::is_regular_file(status)) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("{} is not a file; a TorchScript file is needed", path.string()));
  }
}

torch::jit::Module load(const fs::path& path, torch::jit::ExtraFilesMap& extra) {
  try {
    return torch::jit::load(path.string(), torch::kCPU, extra);
  } catch (const std::exception& error) {
    // A quantised file is packed for the engine that is current while it is read, and not every engine takes every
    // file.
    const bool quantised = std::string_view(error.what()).find("quantized") != std::string_view::npos;
    const at::QEngine before = at::globalContext().qEngine();
    for (const at::QEngine engine : at::globalContext().supportedQEngines()) {
      if (!quantised || engine == before || engine == at::kNoQEngine) continue;
      try {
        at::globalContext().setQEngine(engine);
        return torch::jit::load(path.string(), torch::kCPU, extra);
      } catch (const std::exception&) {
        at::globalContext().setQEngine(before);
      }
    }
    throw Error(ErrorCode::DataLoss,
                fmt::format("{} is no TorchScript file that LibTorch {} reads: {}; a file of torch.jit.save is needed",
                            path.string(), TORCH_VERSION, first_line(error.what())));
  }
}

// Fills in what the description says of the module beside the model.
void read_traits(std::string_view text, const std::string& origin, ScriptFile& file) {
  const nlohmann::json json = parse_json(text, origin);
  const auto word = [&](const char* key) -> std::string {
    const auto found = json.find(key);
    if (found == json.end()) return "";
    return found->is_string() ? found->get<std::string>() : found->dump();
  };
  const auto refuse = [&](std::string_view what) {
    throw Error(ErrorCode::DataLoss, fmt::format("{}: {}", origin, what));
  };
  const std::string output = word("output");
  if (!output.empty() && output != "probabilities" && output != "logits") {
    refuse(fmt::format("the output \"{}\" is not known; probabilities and logits are", output));
  }
  if (output == "logits") file.output = ScriptOutput::Logits;
  if (const auto projection = json.find("projection"); projection != json.end()) {
    const bool fits = projection->is_number_unsigned() && projection->get<std::uint64_t>() <= kMaxProjection;
    if (!fits) refuse(fmt::format("the projection {} is no number from 0 to {}", projection->dump(), kMaxProjection));
    file.projection = projection->get<std::int64_t>();
  }
  const std::string part = word("module");
  if (part.empty()) return;
  if (part != kScriptNetworkPart || !file.module.hasattr(part) || !file.module.attr(part).isModule()) {
    refuse(fmt::format("the file has no part \"{}\"", part));
  }
  file.module = file.module.attr(part).toModule();
}

}  // namespace

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

std::string script_failure(const std::exception& error) {
  const auto* const torch_error = dynamic_cast<const c10::Error*>(&error);
  const std::string text = torch_error != nullptr ? torch_error->what_without_backtrace() : error.what();
  // The interpreter puts its traceback first and the error last, on a line "RuntimeError: …".
  const std::size_t place = text.rfind("Error: ");
  if (place == std::string::npos) return first_line(text);
  const std::size_t begin = text.rfind('\n', place);
  return first_line(std::string_view(text).substr(begin == std::string::npos ? 0 : begin + 1));
}

ScriptFile read_script_file(const fs::path& path) {
  require_file(path);
  // Compiling kernels costs more than it brings for a run of minutes, and Debian 13's LibTorch can hang in it.
  torch::jit::setTensorExprFuserEnabled(false);
  torch::jit::ExtraFilesMap extra{{kScriptDescriptionFile, ""}};
  ScriptFile file{load(path, extra), std::nullopt, ScriptOutput::Probabilities};
  file.module.eval();
  const std::string& description = extra[kScriptDescriptionFile];
  if (!description.empty()) {
    const std::string origin = fmt::format("{} in {}", kScriptDescriptionFile, path.string());
    file.description = parse_description_json(description, origin);
    read_traits(description, origin, file);
  }
  return file;
}

}  // namespace animalctl
