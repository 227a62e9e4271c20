#include "cli/context.h"

#include <utility>

namespace animalctl::cli {

Context::Context(Terminal& terminal, log::Settings log, SignalWatcher& signals)
    : terminal_(terminal), log_(log), signals_(signals), stop_(signals.token()) {}

Engine& Context::engine() {
  if (!engine_) engine_ = open_engine(log_);
  return *engine_;
}

}  // namespace animalctl::cli
