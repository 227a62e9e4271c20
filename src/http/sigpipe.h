#pragma once

#include <pthread.h>

#include <csignal>
#include <ctime>

namespace animalctl::http {

// A server that hangs up makes write() raise SIGPIPE, which would end the process; neither cpp-httplib nor OpenSSL
// suppresses it. It is blocked in this thread and taken away before the old mask returns.
class HeldBackSigpipe {
 public:
  HeldBackSigpipe() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~HeldBackSigpipe() {
    const timespec now{};
    if (!was_pending_) sigtimedwait(&pipe_, nullptr, &now);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  HeldBackSigpipe(const HeldBackSigpipe&) = delete;
  HeldBackSigpipe& operator=(const HeldBackSigpipe&) = delete;

 private:
  sigset_t pipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

}  // namespace animalctl::http
