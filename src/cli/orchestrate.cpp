#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"
#include "animalctl/orchestrate/orchestrator.h"
#include "cli/command.h"
#include "cli/duration.h"
#include "cli/exit_code.h"
#include "cli/lake_import.h"
#include "cli/orchestrate_flags.h"
#include "cli/validators.h"

namespace animalctl::cli {
namespace {

using orchestrate::LookEnd;

const char* word_of(LookEnd end) {
  switch (end) {
    case LookEnd::Nothing:
      return "nothing";
    case LookEnd::Promoted:
      return "promoted";
    case LookEnd::Canary:
      return "canary";
    case LookEnd::Refused:
      return "refused";
    case LookEnd::Failed:
      return "failed";
  }
  return "";
}

int exit_code_of(LookEnd end) {
  if (end == LookEnd::Refused) return kExitCheckSaidNo;
  return end == LookEnd::Failed ? kExitUnavailable : kExitDone;
}

std::string dump(const nlohmann::ordered_json& json, int indent) {
  return json.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

class Orchestrate final : public Command {
 public:
  void declare(CLI::App& app) override {
    program_ = app.get_parent();
    app.add_flag("--once", once_, "Look once, do what is to be done, end: for cron and systemd timers");
    app.add_flag("--explain", explain_, "Print every trigger with its value, threshold and verdict; change nothing");
    app.add_flag("--dry-run", dry_run_, "Say what would be done; change nothing");
    app.add_option("--interval", interval_, "Time between two looks; a new label is seen at once")
        ->type_name("TIME")
        ->check(duration_text())
        ->capture_default_str();
    declare_json(app, json_);
    flags_.declare(app);
    app.footer(
        "Trains when labels, a schedule, live accuracy or drift give a reason, checks the new model against its gates\n"
        "and the champion, and puts it into service step by step. Steps run as `animalctl train` and so on, with the\n"
        "same --config. Exit codes with --once: 0 nothing to do or done, 4 a gate said no, 5 a step failed or another\n"
        "orchestrator works here.\n"
        "Examples: animalctl orchestrate --explain\n"
        "          animalctl orchestrate --once --config animalctl.toml\n"
        "          animalctl orchestrate --interval 1m --schedule \"30 3 * * *\" --time-zone Europe/Zurich");
  }

  int run(Context& context) override {
    if (once_ + explain_ + dry_run_ > 1) {
      throw Error(ErrorCode::InvalidArgument, "--once, --explain and --dry-run are three different things; give one");
    }
    const orchestrate::OrchestrateSettings settings = flags_.settings(settings_file());
    orchestrate::World world;
    world.refresh_frames = [&settings](lake::Database& database, const std::stop_token& stop) {
      const auto now = std::chrono::system_clock::now().time_since_epoch();
      const std::int64_t now_ms = std::chrono::floor<std::chrono::milliseconds>(now).count();
      import_frames(
          database,
          {settings.places.frames_dir, settings.places.data_dir / "stable_split.csv", settings.threads, now_ms}, stop);
    };
    orchestrate::Orchestrator orchestrator(settings, world);
    if (explain_ || dry_run_) return print_report(context, orchestrator.explain(context.stop()));
    if (once_) {
      const orchestrate::LookResult result = orchestrator.look(context.stop());
      print_result(context, result);
      return exit_code_of(result.end);
    }
    log::info("watching", {{"interval", interval_}, {"annotations", settings.places.annotations_dir.string()}});
    const auto interval = std::chrono::ceil<std::chrono::milliseconds>(parse_duration(interval_));
    orchestrator.watch(
        interval, [&](const orchestrate::LookResult& result) { print_result(context, result); }, context.stop());
    log::info("stopped");
    return kExitDone;
  }

 private:
  std::string settings_file() const {
    const CLI::Option* option = program_->get_option_no_throw("--config");
    return option == nullptr || option->count() == 0 ? "" : option->as<std::string>();
  }

  int print_report(Context& context, const orchestrate::TriggerReport& report) const {
    if (json_) {
      nlohmann::ordered_json json = {{"run", report.run}, {"reason", report.reason}};
      json["triggers"] = nlohmann::ordered_json::array();
      for (const orchestrate::Trigger& trigger : report.triggers) {
        json["triggers"].push_back({{"trigger", trigger.name},
                                    {"value", trigger.value},
                                    {"threshold", trigger.threshold},
                                    {"verdict", orchestrate::to_string(trigger.verdict)},
                                    {"reason", trigger.reason}});
      }
      context.print(dump(json, 2));
      return kExitDone;
    }
    if (explain_) {
      context.print(fmt::format("{:<14} {:<7} {:<28} {:<20} {}", "trigger", "verdict", "value", "threshold", "reason"));
      for (const orchestrate::Trigger& trigger : report.triggers) {
        context.print(fmt::format("{:<14} {:<7} {:<28} {:<20} {}", trigger.name,
                                  orchestrate::to_string(trigger.verdict), trigger.value, trigger.threshold,
                                  trigger.reason));
      }
    }
    context.print(fmt::format("{}: {}", report.run ? "A run would begin" : "No run would begin", report.reason));
    return kExitDone;
  }

  void print_result(Context& context, const orchestrate::LookResult& result) const {
    if (json_) {
      context.print(dump({{"result", word_of(result.end)}, {"run", result.run}, {"reason", result.reason}}, -1));
    } else {
      context.print(
          fmt::format("{}{}: {}", word_of(result.end), result.run.empty() ? "" : " " + result.run, result.reason));
    }
    context.terminal().flush();
  }

  CLI::App* program_ = nullptr;
  OrchestrateFlags flags_;
  bool once_ = false;
  bool explain_ = false;
  bool dry_run_ = false;
  std::string interval_ = "1m";
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_orchestrate() {
  return std::make_unique<Orchestrate>();
}

}  // namespace animalctl::cli
