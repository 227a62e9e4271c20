#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "animalctl/base/log.h"
#include "animalctl/base/progress.h"
#include "animalctl/engine/engine.h"
#include "cli/terminal.h"

namespace animalctl::cli {

// What a command may use of the world outside; everything else it gets by flags.
class Context {
 public:
  Context(Terminal& terminal, log::Settings log, std::stop_token stop);

  // Results go here; nothing else does.
  void print(std::string_view line) { terminal_.print_line(line); }
  Terminal& terminal() { return terminal_; }
  // Requested by Ctrl+C or SIGTERM.
  const std::stop_token& stop() const { return stop_; }
  // Opens libanimalctl_engine.so at the first call. Throws Unavailable.
  Engine& engine();

 private:
  Terminal& terminal_;
  log::Settings log_;
  std::stop_token stop_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace animalctl::cli
