#include <filesystem>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/log.h"
#include "animalctl/process/child_process.h"
#include "animalctl/process/supervisor.h"
#include "cli/await_archive.h"
#include "cli/command.h"
#include "cli/duration.h"
#include "cli/exit_code.h"
#include "cli/up_output.h"
#include "cli/up_parts.h"
#include "cli/up_ports.h"
#include "cli/validators.h"

namespace animalctl::cli {
namespace {
namespace fs = std::filesystem;

const char* level_name(log::Level level) {
  switch (level) {
    case log::Level::Debug:
      return "debug";
    case log::Level::Info:
      return "info";
    case log::Level::Warning:
      return "warning";
    case log::Level::Error:
      return "error";
    case log::Level::Off:
      return "off";
  }
  return "info";
}

class Up final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("--workspace", workspace_, "Folder with data/, models/, model_store/; made when it is not there")
        ->type_name("DIR")
        ->capture_default_str();
    app.add_option("--host", settings_.host, "Address to listen on; tokens are needed where it is no loopback")
        ->capture_default_str();
    declare_ports(app);
    app.add_flag("--no-serve", no_serve_, "Serve no model");
    app.add_flag("--no-orchestrate", no_orchestrate_, "Never retrain by itself");
    app.add_flag("--no-tokens", settings_.no_tokens, "Let everybody in who reaches the address, whatever it is");
    app.add_option("--interval", settings_.interval, "How often orchestrate looks: 30s, 5m (its own default)")
        ->type_name("TIME")
        ->check(duration_text());
    app.add_option("--classes", settings_.classes, "The labels, comma separated (cat,dog)")->type_name("LIST");
    app.add_option("--shutdown-grace", settings_.grace_seconds,
                   "Seconds that the parts have to end; then they are killed")
        ->type_name("SECONDS")
        ->check(integer_between(0, 86'400))
        ->capture_default_str();
    declare_json(app, json_);
    app.footer(
        "Runs label-server, serve and orchestrate side by side and restarts what ends. Their other flags come from\n"
        "the settings file (--config, tables [label-server], [serve], [orchestrate]) and the environment.\n"
        "Without a model serve waits for a first archive in model_store. Ctrl+C or SIGTERM ends all parts, each in\n"
        "its own orderly way; a second one ends them at once.\n"
        "Example: animalctl up --workspace ~/animals");
  }

  bool takes_config(const std::string& file) override {
    // The settings file is the parts' too; they run in another folder.
    settings_.settings_file = fs::absolute(file).string();
    return false;
  }

  int run(Context& context) override {
    prepare();
    const std::vector<process::Part> parts = up_parts(settings_, process::own_executable());
    std::size_t longest = 0;
    for (const process::Part& part : parts) longest = std::max(longest, part.name.size());
    UpOutput output(json_, log::settings().format, longest);
    if (settings_.serve && !has_archive(settings_.workspace / settings_.model_store)) {
      log::info("there is no model yet: serve starts by itself when a first archive is in the model store",
                {{"folder", (settings_.workspace / settings_.model_store).string()}});
    }
    process::SupervisorOptions options;
    options.grace = std::chrono::seconds(settings_.grace_seconds);
    process::Supervisor supervisor(
        parts, options,
        [&output](const std::string& part, bool is_error, std::string_view line) { output.line(part, is_error, line); },
        [&output](const process::PartEvent& event) { output.event(event); });
    const int code = supervisor.run(context.stop());
    if (code != kExitDone) log::error("no part is left");
    return code;
  }

 private:
  void declare_ports(CLI::App& app) {
    const auto port = [&](const char* flag, int& value, const char* what) {
      app.add_option(flag, value, what)->type_name("PORT")->check(integer_between(0, 65'535))->capture_default_str();
    };
    port("--port", settings_.page_port, "Port of the page and its API; 0: any free one, as for the others");
    port("--api-port", settings_.api_port, "Port of the seed's labelling API");
    port("--prediction-port", settings_.prediction_port, "Port of the prediction API");
    port("--inference-port", settings_.inference_port, "Port of TorchServe's inference API");
    port("--management-port", settings_.management_port, "Port of TorchServe's management API");
    port("--metrics-port", settings_.metrics_port, "Port of /metrics");
  }

  // Everything that can be found wrong before a part is started.
  void prepare() {
    settings_.serve = !no_serve_;
    settings_.orchestrate = !no_orchestrate_;
    settings_.log_level = level_name(log::settings().level);
    settings_.log_format = log::settings().format == log::Format::Json ? "json" : "text";
    if (!settings_.classes.empty()) (void)parse_classes(settings_.classes);
    create_folders(workspace_);
    settings_.workspace = fs::canonical(workspace_);
    for (const char* folder : {kDefaultFramesDir, kDefaultAnnotationsDir, "model_store"}) {
      create_folders(settings_.workspace / folder);
    }
    std::vector<PortUse> ports = {{"--port", "the page", &settings_.page_port},
                                  {"--api-port", "the seed's labelling API", &settings_.api_port}};
    if (settings_.serve) {
      ports.insert(ports.end(), {{"--prediction-port", "the prediction API", &settings_.prediction_port},
                                 {"--inference-port", "the inference API", &settings_.inference_port},
                                 {"--management-port", "the management API", &settings_.management_port},
                                 {"--metrics-port", "the metrics", &settings_.metrics_port}});
    }
    settle_ports(settings_.host, ports);
  }

  UpSettings settings_;
  std::string workspace_ = ".";
  bool no_serve_ = false;
  bool no_orchestrate_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_up() {
  return std::make_unique<Up>();
}

}  // namespace animalctl::cli
