#include "cli/signals.h"

#include <pthread.h>
#include <unistd.h>

#include <csignal>

namespace animalctl::cli {
namespace {

// SIGUSR2 is our own wake-up: it ends the watcher's wait at shutdown.
constexpr int kWakeUp = SIGUSR2;

sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, kWakeUp}) sigaddset(&set, signal);
  return set;
}

}  // namespace

SignalWatcher::SignalWatcher() {
  const sigset_t set = watched_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::thread([this] { watch(); });
}

SignalWatcher::~SignalWatcher() {
  pthread_kill(thread_.native_handle(), kWakeUp);
  thread_.join();
}

void SignalWatcher::on_hangup(std::function<void()> reload) {
  const std::lock_guard lock(mutex_);
  reload_ = std::move(reload);
}

bool SignalWatcher::reloaded() {
  // The lock is what lets on_hangup() wait for a call that is under way.
  const std::lock_guard lock(mutex_);
  if (!reload_) return false;
  reload_();
  return true;
}

void SignalWatcher::watch() {
  const sigset_t set = watched_signals();
  while (true) {
    int signal = 0;
    if (sigwait(&set, &signal) != 0) continue;
    if (signal == kWakeUp) return;
    if (signal == SIGHUP && reloaded()) continue;
    if (received_.exchange(signal) != 0) ::_exit(128 + signal);
    source_.request_stop();
  }
}

}  // namespace animalctl::cli
