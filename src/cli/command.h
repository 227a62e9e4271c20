#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <memory>
#include <span>
#include <string>

#include "cli/context.h"

namespace animalctl::cli {

// One subcommand: declare() binds flags to members, run() does the work after all settings (flags,
// environment, file, defaults) have been applied. Parsing never runs work.
class Command {
 public:
  virtual ~Command() = default;
  virtual void declare(CLI::App& app) = 0;
  // True when the file that --config names is this command's own, in a form of its own, and not a settings file. Called
  // before settings are read.
  virtual bool takes_config(const std::string& file) {
    (void)file;
    return false;
  }
  // Called when all settings are known, before they are printed or used: fills in defaults that depend on others.
  virtual void settle() {}
  // Returns the exit code (0, or 4 when a check said no); failures are thrown as Error.
  virtual int run(Context& context) = 0;
};

// A row of the table of subcommands (commands.cpp).
struct CommandRow {
  const char* name;
  const char* seed_name;  // the replaced system's name, kept as an alias; "" when the same
  const char* summary;    // one line for --help and the completion
  std::unique_ptr<Command> (*make)();
};

// All subcommands in the order of --help.
std::span<const CommandRow> command_table();

// Makers, one a file of the same name.
std::unique_ptr<Command> make_demo_data();
std::unique_ptr<Command> make_dataset_import();
std::unique_ptr<Command> make_dataset_check();
std::unique_ptr<Command> make_dataset_split();
std::unique_ptr<Command> make_train();
std::unique_ptr<Command> make_evaluate();
std::unique_ptr<Command> make_validate();
std::unique_ptr<Command> make_infer();
std::unique_ptr<Command> make_weights();
std::unique_ptr<Command> make_report();
std::unique_ptr<Command> make_export();
std::unique_ptr<Command> make_archive();
std::unique_ptr<Command> make_models();
std::unique_ptr<Command> make_serve();
std::unique_ptr<Command> make_label_server();
std::unique_ptr<Command> make_drift();
std::unique_ptr<Command> make_lake();
std::unique_ptr<Command> make_orchestrate();
std::unique_ptr<Command> make_up();
std::unique_ptr<Command> make_loadtest();
std::unique_ptr<Command> make_completion();

}  // namespace animalctl::cli
