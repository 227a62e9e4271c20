#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/text.h"
#include "animalctl/exporter/export_model.h"
#include "animalctl/model/script_options.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/model_path.h"
#include "cli/validators.h"

namespace animalctl::cli {
namespace fs = std::filesystem;
namespace {

constexpr ExportFormat kFormats[] = {ExportFormat::TorchScript, ExportFormat::Onnx, ExportFormat::Safetensors,
                                     ExportFormat::StateDict, ExportFormat::TorchServe};

ExportFormat parse_format(const std::string& word) {
  for (const ExportFormat format : kFormats) {
    if (word == to_string(format)) return format;
  }
  throw Error(ErrorCode::InvalidArgument, fmt::format("--format \"{}\" is not known", word));
}

class Export final : public Command {
 public:
  void declare(CLI::App& app) override {
    std::vector<std::string> words;
    std::string list;
    for (const ExportFormat format : kFormats) {
      words.emplace_back(to_string(format));
      list += (list.empty() ? "" : ", ") + words.back();
    }
    app.add_option("MODEL", model_, "Model to write in another format")->required();
    app.add_option("--format", format_, list)->required()->check(one_of(words));
    app.add_option("--out", out_, "File to write; by default beside the model, with the format's ending")
        ->type_name("FILE");
    declare_model_dir(app, model_dir_);
    app.add_option("--opset", opset_, "Operator set of ONNX")
        ->type_name("N")
        ->check(integer_between(kLowestOpset, kHighestOpset))
        ->capture_default_str();
    declare_json(app, json_);
    app.footer(
        "The file is read back and tried before it takes its name; one that gives other probabilities is not written.\n"
        "Example: animalctl export base_model --format onnx");
  }

  int run(Context& context) override {
    if (is_script_model(model_)) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("{} is TorchScript already; only checkpoints (.pth) can be exported", model_));
    }
    ExportConfig config;
    config.model = resolve_model_path(model_, model_dir_);
    config.format = parse_format(format_);
    config.out = out_.empty() ? default_out(config) : fs::path(out_);
    config.opset = opset_;
    const ExportReport report = context.engine().export_model(config);
    if (json_) {
      nlohmann::ordered_json json;
      json["out"] = report.out.string();
      json["format"] = to_string(report.format);
      json["bytes"] = report.size;
      json["largest_difference"] = report.largest_difference;
      context.print(json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    } else {
      context.print(fmt::format("Wrote {} ({}, {}), largest difference {:.2g}", report.out.string(),
                                to_string(report.format), human_bytes(static_cast<double>(report.size)),
                                report.largest_difference));
    }
    return kExitDone;
  }

 private:
  static fs::path default_out(const ExportConfig& config) {
    fs::path out = config.model;
    if (out.extension() == ".pth") out.replace_extension();
    return out += file_ending(config.format);
  }

  std::string model_;
  std::string format_;
  std::string out_;
  std::string model_dir_ = kDefaultModelDir;
  int opset_ = ExportConfig{}.opset;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_export() {
  return std::make_unique<Export>();
}

}  // namespace animalctl::cli
