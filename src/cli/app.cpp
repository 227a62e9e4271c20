#include "cli/app.h"

#include <fmt/core.h>

#include <filesystem>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/text.h"
#include "animalctl/version.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/settings.h"
#include "cli/signals.h"
#include "cli/validators.h"

namespace animalctl::cli {
namespace {

struct GlobalOptions {
  std::string config;
  bool print_config = false;
  std::string log_level = "info";
  std::string log_format = "text";
};

// What one run of the program is made of: the parser, the rows' commands and the global flags.
struct Program {
  CLI::App app{std::string("animalctl keeps an image classifier good: label, train, compare, check, use."),
               "animalctl"};
  GlobalOptions global;
  std::vector<std::pair<CLI::App*, std::unique_ptr<Command>>> commands;
};

void declare_globals(CLI::App& app, GlobalOptions& global) {
  app.add_option("--config", global.config, "Settings file (TOML); flags and environment win over it")
      ->type_name("FILE");
  app.add_flag("--print-config", global.print_config, "Print the settings that would be used, and where each is from");
  app.add_option("--log-level", global.log_level, "debug, info, warning, error or off")
      ->check(one_of({"debug", "info", "warning", "error", "off"}))
      ->type_name("LEVEL")
      ->capture_default_str();
  app.add_option("--log-format", global.log_format, "text or json")
      ->check(one_of({"text", "json"}))
      ->type_name("FORMAT")
      ->capture_default_str();
  app.set_version_flag("--version", std::string(version_text()), "Print the versions");
}

void declare_program(Program& program) {
  CLI::App& app = program.app;
  app.require_subcommand(1);
  app.set_help_flag("-h,--help", "Print this help");
  app.footer(
      "Run `animalctl COMMAND --help` for one command.\n"
      "Exit codes: 0 done, 1 internal, 2 usage, 3 input, 4 the check said no, 5 unavailable, 130 Ctrl+C.");
  declare_globals(app, program.global);
  for (const CommandRow& row : command_table()) {
    CLI::App* sub = app.add_subcommand(row.name, row.summary);
    if (*row.seed_name != '\0') sub->alias(row.seed_name);
    sub->fallthrough();
    std::unique_ptr<Command> command = row.make();
    command->declare(*sub);
    program.commands.emplace_back(sub, std::move(command));
  }
}

std::vector<std::string> known_names() {
  std::vector<std::string> names;
  for (const CommandRow& row : command_table()) {
    names.emplace_back(row.name);
    if (*row.seed_name != '\0') names.emplace_back(row.seed_name);
  }
  return names;
}

// CLI11 2.1 says only "not expected"; a person wants to know what the word should have been.
void refuse_unknown_command(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--config" || word == "--log-level" || word == "--log-format") {
      ++i;
      continue;
    }
    if (word.starts_with('-')) continue;
    const std::vector<std::string> names = known_names();
    if (std::find(names.begin(), names.end(), word) != names.end()) return;
    const auto nearest = nearest_spelling(word, names);
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("there is no command \"{}\"{}; `animalctl --help` lists them", word,
                            nearest ? fmt::format("; did you mean \"{}\"?", *nearest) : ""));
  }
}

log::Settings log_settings(const GlobalOptions& global) {
  log::Settings settings;
  if (global.log_level == "debug") settings.level = log::Level::Debug;
  if (global.log_level == "warning") settings.level = log::Level::Warning;
  if (global.log_level == "error") settings.level = log::Level::Error;
  if (global.log_level == "off") settings.level = log::Level::Off;
  if (global.log_format == "json") settings.format = log::Format::Json;
  return settings;
}

LayeredSettings read_settings(const std::string& file) {
  LayeredSettings settings(read_environment);
  std::error_code ignored;
  if (std::filesystem::is_regular_file(".env", ignored)) settings.read_dot_env(read_text_file(".env", 1 << 20), ".env");
  if (!file.empty()) settings.read_toml(read_text_file(file, 1 << 20), file);
  return settings;
}

// The file of --config, unless it belongs to the command.
std::string settings_file(const Program& program) {
  const std::string& file = program.global.config;
  for (const auto& [sub, command] : program.commands) {
    if (!file.empty() && sub->parsed() && command->takes_config(file)) return "";
  }
  return file;
}

int run_command(Program& program, SignalWatcher& signals) {
  const LayeredSettings settings = read_settings(settings_file(program));
  settings.apply(program.app);
  const log::Settings log = log_settings(program.global);
  log::configure(log);
  for (auto& [sub, command] : program.commands) {
    if (!sub->parsed()) continue;
    settings.apply(*sub);
    command->settle();
    Terminal terminal;
    int code = kExitDone;
    if (program.global.print_config) {
      terminal.print_line(trim(settings.print(*sub)));
    } else {
      Context context(terminal, log, signals);
      code = command->run(context);
    }
    terminal.flush();
    return code;
  }
  return kExitUsage;
}

int report_failure(const Error& error, const SignalWatcher* signals) {
  if (error.code() == ErrorCode::Cancelled && signals != nullptr && signals->received() != 0) {
    log::warning(error.what());
    return 128 + signals->received();
  }
  log::error(error.what());
  return exit_code(error.code());
}

// Help and version go to stdout with exit 0; every other complaint of CLI11 is a usage error.
int report_parse_end(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error) == 0 && std::fflush(stdout) == 0 ? kExitDone : kExitInternal;
  const std::vector<CLI::App*> used = app.get_subcommands();
  const std::string help = used.empty() ? "animalctl --help" : "animalctl " + used.front()->get_name() + " --help";
  log::error(fmt::format("{}\nRun `{}` for what is accepted.", error.what(), help));
  return kExitUsage;
}

}  // namespace

int run_program(int argc, char** argv) {
  try {
    Program program;
    declare_program(program);
    refuse_unknown_command(argc, argv);
    if (argc == 1) {
      std::fputs(program.app.help().c_str(), stderr);
      return kExitUsage;
    }
    try {
      program.app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return report_parse_end(program.app, error);
    }
    SignalWatcher signals;
    try {
      const int code = run_command(program, signals);
      return code == 130 && signals.received() != 0 ? 128 + signals.received() : code;
    } catch (const Error& error) {
      return report_failure(error, &signals);
    }
  } catch (const Error& error) {
    return report_failure(error, nullptr);
  } catch (const std::bad_alloc&) {
    log::error("out of memory; try fewer --threads or a smaller --batch-size");
    return kExitUnavailable;
  } catch (const std::exception& error) {
    log::error(fmt::format("internal error: {}", error.what()));
    return kExitInternal;
  }
}

}  // namespace animalctl::cli
