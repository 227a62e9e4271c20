#include "cli/context.h"

#include <condition_variable>
#include <mutex>
#include <utility>

namespace animalctl::cli {

Context::Context(Terminal& terminal, log::Settings log, SignalWatcher& signals)
    : terminal_(terminal), log_(log), signals_(signals), stop_(signals.token()) {}

void Context::wait_for_stop() const {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait(lock, stop_, [] { return false; });
}

Engine& Context::engine() {
  if (!engine_) engine_ = open_engine(log_);
  return *engine_;
}

}  // namespace animalctl::cli
