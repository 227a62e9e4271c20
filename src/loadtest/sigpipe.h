#pragma once

#include <pthread.h>

#include <csignal>
#include <ctime>

namespace animalctl::loadtest {

// Keeps SIGPIPE from the calling thread while it lives: OpenSSL writes to sockets with write(), which raises it when
// the server has hung up. One raised meanwhile is taken away before the old mask returns.
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

}  // namespace animalctl::loadtest
