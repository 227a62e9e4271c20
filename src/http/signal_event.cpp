#include "http/signal_event.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "animalctl/base/error.h"

namespace animalctl::http {
namespace {

int make_event() {
  const int descriptor = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (descriptor < 0) throw error_from_errno(errno, "make an event descriptor");
  return descriptor;
}

}  // namespace

SignalEvent::SignalEvent() : descriptor_(make_event()) {}

SignalEvent::~SignalEvent() {
  ::close(descriptor_);
}

// Neither can fail but for a full counter, which is raised all the same.
void SignalEvent::raise() {
  [[maybe_unused]] const int ignored = ::eventfd_write(descriptor_, 1);
}

void SignalEvent::clear() {
  eventfd_t value = 0;
  [[maybe_unused]] const int ignored = ::eventfd_read(descriptor_, &value);
}

void block_sigpipe() {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
}

}  // namespace animalctl::http
