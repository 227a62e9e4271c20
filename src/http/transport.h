#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace animalctl::http {

enum class IoStatus {
  Done,       // `count` bytes went over
  WantRead,   // nothing now: try again when the socket is readable
  WantWrite,  // … writable
  Closed,     // the peer has ended its side, or the connection is broken
};

struct IoResult {
  IoStatus status = IoStatus::Done;
  std::size_t count = 0;
};

// The bytes of one accepted connection, plain or through TLS. Owns the socket, which is non-blocking. Never raises
// SIGPIPE by itself; TLS does, so threads that use it block that signal. Not thread-safe but for peer_is_there() and
// cut().
class Transport {
 public:
  explicit Transport(int socket) : socket_(socket) {}
  virtual ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  virtual IoResult handshake() { return {}; }
  virtual IoResult read(char* to, std::size_t size);
  virtual IoResult write(const char* from, std::size_t size);
  // Tells the peer that nothing more comes; reading goes on.
  virtual void end_writing();

  int socket() const { return socket_; }
  // False once the peer has closed or half-closed. Does not block.
  virtual bool peer_is_there() const;
  // True when bytes wait to be read. Does not block.
  bool has_input() const;
  // Ends both directions: whoever uses the connection sees it closed.
  void cut();

 private:
  const int socket_;
};

}  // namespace animalctl::http
