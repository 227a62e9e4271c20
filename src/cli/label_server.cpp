#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/label_flags.h"
#include "label/server/label_process.h"
#include "label/server/suspects_file.h"

namespace animalctl::cli {
namespace {

// One line for whoever started the program: that it is ready, where, and what to open in a browser.
std::string ready_line(label::LabelProcess& process) {
  nlohmann::ordered_json json = {{"ready", true}};
  for (const auto& [name, url] : process.urls()) json[name] = url;
  json["link"] = process.link();
  const label::Progress progress = process.store().progress();
  json["images"] = progress.total;
  json["unlabelled"] = progress.unlabelled;
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

class LabelServer final : public Command {
 public:
  void declare(CLI::App& app) override {
    flags_.declare(app);
    app.footer(
        "When ready it prints one line of JSON; \"link\" is what to open in a browser. A label is on the disk before "
        "it\n"
        "is acknowledged. Ctrl+C or SIGTERM: requests that have arrived are answered first. SIGHUP: the tokens are "
        "read\n"
        "again.\n"
        "Example: animalctl label-server --predict-url http://localhost:8000");
  }

  void settle() override { flags_.settle(); }

  int run(Context& context) override {
    label::LabelProcess process(flags_.settings());
    if (!flags_.suspects_file().empty()) {
      const auto suspects = label::read_suspects(flags_.suspects_file());
      process.store().set_suspicion(suspects);
      log::info("likely label errors were read", {{"count", suspects.size()}});
    }
    context.on_hangup([&process] { reload(process); });
    process.start();
    for (const auto& [name, url] : process.urls()) log::info("listening", {{"port_of", name}, {"url", url}});
    context.print(ready_line(process));
    context.terminal().flush();
    context.wait_for_stop();
    context.on_hangup({});
    log::info("stopping: requests that have arrived are answered first");
    process.stop();
    log::info("stopped");
    return kExitDone;
  }

 private:
  static void reload(label::LabelProcess& process) {
    try {
      process.reload();
      log::info("the tokens were read again");
    } catch (const Error& error) {
      log::error("reading the tokens again failed; those in use stay", {{"reason", error.what()}});
    }
  }

  LabelFlags flags_;
};

}  // namespace

std::unique_ptr<Command> make_label_server() {
  return std::make_unique<LabelServer>();
}

}  // namespace animalctl::cli
