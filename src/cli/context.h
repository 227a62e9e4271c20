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
#include "cli/signals.h"
#include "cli/terminal.h"

namespace animalctl::cli {

// What a command may use of the world outside; everything else it gets by flags.
class Context {
 public:
  Context(Terminal& terminal, log::Settings log, SignalWatcher& signals);

  // Results go here; nothing else does.
  void print(std::string_view line) { terminal_.print_line(line); }
  Terminal& terminal() { return terminal_; }
  // Requested by Ctrl+C or SIGTERM.
  const std::stop_token& stop() const { return stop_; }
  // Returns when that has happened: what a server's thread does meanwhile.
  void wait_for_stop() const;
  // As SignalWatcher::on_hangup().
  void on_hangup(std::function<void()> reload) { signals_.on_hangup(std::move(reload)); }
  // Opens libanimalctl_engine.so at the first call. Throws Unavailable.
  Engine& engine();

 private:
  Terminal& terminal_;
  log::Settings log_;
  SignalWatcher& signals_;
  std::stop_token stop_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace animalctl::cli
