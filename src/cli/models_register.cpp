#include "cli/models_register.h"

#include <chrono>
#include <optional>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"
#include "animalctl/http/url.h"
#include "animalctl/publish/mlflow.h"
#include "animalctl/publish/run_version.h"
#include "animalctl/registry/registry.h"
#include "cli/exit_code.h"
#include "cli/validators.h"

namespace animalctl::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::string name_of_model(const std::string& given, const std::string& archived) {
  if (given.empty() && archived.empty()) {
    throw Error(ErrorCode::InvalidArgument, "no archive names the model; give --model");
  }
  if (!given.empty() && !archived.empty() && given != archived) {
    throw Error(
        ErrorCode::FailedPrecondition,
        fmt::format("the archive is of the model {}, --model is {}; pack it again under that name", archived, given));
  }
  return given.empty() ? archived : given;
}

Json mlflow_json(const publish::MlflowReport& report) {
  return {{"run_id", report.run_id},
          {"model_version", report.model_version},
          {"artifacts", report.artifacts},
          {"failures", report.failures}};
}

}  // namespace

void ModelsRegister::declare(CLI::App& app) {
  const auto file = [&](const char* flag, std::string& value, const char* help) {
    app.add_option(flag, value, fmt::format("With register: {}", help))->type_name("FILE");
  };
  const auto folder = [&](const char* flag, std::string& value, const char* help) {
    app.add_option(flag, value, fmt::format("With register: {}", help))->type_name("DIR");
  };
  file("--archive", archive_, "the version's .mar, packed of the checkpoint; its version number is the version's");
  file("--run", run_, "record of the training run [NAME.json beside the checkpoint]");
  file("--report", report_, "what `report --json` or `validate --json` printed, for metrics");
  file("--page", page_, "the report as a page");
  file("--train-csv", train_csv_, "snapshot that was trained on");
  file("--val-csv", val_csv_, "snapshot that was validated on");
  file("--test-csv", test_csv_, "snapshot that the report is of");
  folder("--frames-dir", frames_dir_, "images, to compute the data's digest with --annotations-dir");
  folder("--annotations-dir", annotations_dir_, "their labels");
  app.add_option("--trigger", trigger_, "With register: why it was trained")->capture_default_str();
  app.add_option("--parent", parent_, "With register: the version it was to replace [the champion]")
      ->type_name("VERSION")
      ->check(integer_between(1, registry::VersionRecord::kMaxVersion));
  app.add_option(
         "--mlflow-uri", mlflow_uri_,
         "With register: also log and register it at this MLflow server (MLFLOW_TRACKING_TOKEN, or _USERNAME and "
         "_PASSWORD)")
      ->type_name("URL");
  app.add_option("--mlflow-experiment", mlflow_experiment_, "Experiment of the run there")->capture_default_str();
}

int ModelsRegister::run(Context& context, const fs::path& root, const std::string& model, const std::string& checkpoint,
                        const std::string& by, bool json) const {
  if (!mlflow_uri_.empty()) (void)http::parse_url(mlflow_uri_);  // refused before anything is made
  publish::RunFiles files{checkpoint, run_,     archive_,  report_,     page_,
                          train_csv_, val_csv_, test_csv_, frames_dir_, annotations_dir_};
  publish::RunVersion made = publish::version_of_run(files);
  registry::ModelRegistry registry(root, name_of_model(model, made.record.model));
  made.record.trigger = trigger_;
  made.record.parent = parent_ > 0 ? std::optional(static_cast<int>(parent_)) : registry.aliases().champion;
  for (const std::string& unknown : made.unknown) log::warning("not known of the version", {{"what", unknown}});
  const registry::VersionRecord record =
      registry.register_version(std::move(made.record), made.files, std::chrono::system_clock::now(), by);
  Json answer = {{"model", record.model},
                 {"version", record.version},
                 {"folder", registry.version_folder(record.version).string()},
                 {"unknown", made.unknown}};
  if (!mlflow_uri_.empty()) {
    publish::MlflowOptions options = publish::mlflow_options_from_environment(mlflow_uri_);
    options.experiment = mlflow_experiment_;
    const publish::MlflowReport report = publish::log_to_mlflow(options, registry, record.version);
    for (const std::string& failure : report.failures) log::error("MLflow", {{"failed", failure}});
    answer["mlflow"] = mlflow_json(report);
  }
  if (json) {
    context.print(answer.dump(2, ' ', false, Json::error_handler_t::replace));
  } else {
    context.print(fmt::format("{} version {} is registered in {}", record.model, record.version,
                              registry.version_folder(record.version).string()));
  }
  return kExitDone;
}

}  // namespace animalctl::cli
