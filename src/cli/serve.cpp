#include <fmt/core.h>

#include <future>

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/serve_flags.h"
#include "cli/settings.h"
#include "serve/serve_process.h"

namespace animalctl::cli {
namespace {

// One line for whoever started the program: that it is ready, and where.
std::string ready_line(const serve::ServeProcess& process) {
  nlohmann::ordered_json json = {{"ready", true}};
  for (const auto& [name, url] : process.urls()) json[name] = url;
  json["models"] = process.models().names();
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

class Serve final : public Command {
 public:
  void declare(CLI::App& app) override {
    flags_.declare(app);
    app.footer(
        "--config takes config.properties here; a file that ends in .toml is a settings file as everywhere.\n"
        "When ready it prints one line of JSON with its addresses. Ctrl+C or SIGTERM: requests that have arrived are\n"
        "answered first. SIGHUP: the canary's configuration is read again.\n"
        "Example: animalctl serve --model-store model_store --models all");
  }

  bool takes_config(const std::string& file) override {
    if (file.ends_with(".toml")) return false;
    config_ = file;
    return true;
  }

  int run(Context& context) override {
    serve::ConfigValues values;
    serve::ServeSettings settings = flags_.settings(config_, read_environment, values);
    // Opening LibTorch takes longer than everything else here: it runs beside it.
    const std::shared_future<Engine*> engine =
        std::async(std::launch::async, [&context] { return &context.engine(); }).share();
    serve::ServeProcess process(std::move(settings), std::move(values), [engine](const ServingOptions& options) {
      return engine.get()->load_serving_model(options);
    });
    context.on_hangup([&process] { reload(process); });
    try {
      process.start(context.stop());
    } catch (const Error& error) {
      context.on_hangup({});
      // Stopped by the user before it was ready: that is no failure.
      if (error.code() == ErrorCode::Cancelled && context.stop().stop_requested()) return kExitDone;
      throw;
    }
    const std::string line = ready_line(process);
    log::info("ready", {{"listeners", line}});
    context.print(line);
    context.terminal().flush();
    context.wait_for_stop();
    context.on_hangup({});
    log::info("stopping: requests that have arrived are answered first");
    process.stop();
    log::info("stopped");
    return kExitDone;
  }

 private:
  static void reload(serve::ServeProcess& process) {
    try {
      process.reload();
    } catch (const Error& error) {
      log::error("reading the settings again failed; those in use stay", {{"reason", error.what()}});
    }
  }

  ServeFlags flags_;
  std::string config_;
};

}  // namespace

std::unique_ptr<Command> make_serve() {
  return std::make_unique<Serve>();
}

}  // namespace animalctl::cli
