#pragma once

namespace animalctl::http {

// An eventfd: one thread calls another out of poll() or epoll_wait(). Thread-safe.
class SignalEvent {
 public:
  SignalEvent();  // throws what error_from_errno gives
  ~SignalEvent();
  SignalEvent(const SignalEvent&) = delete;
  SignalEvent& operator=(const SignalEvent&) = delete;

  int descriptor() const { return descriptor_; }
  void raise();
  void clear();

 private:
  const int descriptor_;
};

// SIGPIPE stays off for the calling thread: OpenSSL writes to sockets without MSG_NOSIGNAL.
void block_sigpipe();

}  // namespace animalctl::http
