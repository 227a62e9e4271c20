#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace animalctl::cli {

// Turns SIGINT, SIGTERM and SIGHUP into a stop request; SIGHUP into a call where on_hangup() asks for it. The signals
// are blocked in every thread started after the constructor and waited for in one thread of its own, so no work runs in
// a handler. A second signal ends the process at once. One instance a process.
class SignalWatcher {
 public:
  SignalWatcher();
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

  std::stop_token token() const { return source_.get_token(); }
  // The signal received, or 0.
  int received() const { return received_.load(); }
  // From now on SIGHUP calls `reload`, on the watcher's thread, instead of stopping; empty: it stops again. When this
  // returns no call of what was there before is under way.
  void on_hangup(std::function<void()> reload);

 private:
  void watch();
  bool reloaded();

  std::stop_source source_;
  std::atomic<int> received_{0};
  std::mutex mutex_;
  std::function<void()> reload_;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace animalctl::cli
