#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace animalctl::http {

// A bound and listening TCP socket, non-blocking. Not thread-safe.
class Listener {
 public:
  // Throws InvalidArgument (a host without address here), Unavailable (port taken), FailedPrecondition (no right).
  Listener(const std::string& host, int port);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  int socket() const { return socket_; }
  int port() const { return port_; }
  void close();

  struct Accepted {
    int socket = -1;
    std::string address;  // "127.0.0.1", "::1"
  };
  enum class Outcome { Accepted, NoneWaiting, NoResources };
  // Takes the next connection, if one waits. NoResources: no descriptor or memory; the connection keeps waiting.
  Outcome accept(Accepted& accepted);

 private:
  int socket_ = -1;
  int port_ = 0;
};

}  // namespace animalctl::http
