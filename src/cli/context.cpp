#include "cli/context.h"

#include <utility>

namespace animalctl::cli {

Context::Context(Terminal& terminal, log::Settings log, std::stop_token stop)
    : terminal_(terminal), log_(log), stop_(std::move(stop)) {}

Engine& Context::engine() {
  if (!engine_) engine_ = open_engine(log_);
  return *engine_;
}

}  // namespace animalctl::cli
