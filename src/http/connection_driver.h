#pragma once

#include <array>
#include <atomic>
#include <string>
#include <string_view>

#include "animalctl/http/server.h"
#include "http/answerer.h"
#include "http/connection.h"
#include "http/message_codec.h"

namespace animalctl::http {

// What a thread needs to drive connections, whichever it drives.
struct Workspace {
  std::array<char, 65536> input;  // at least a TLS record: nothing stays behind inside OpenSSL
  std::string output;
  MessageCodec codec;
};

// Takes a connection as far as it goes without waiting: handshake, reading, answering, writing. Only handlers block, so
// slow clients hold no thread. Thread-safe for different connections.
class ConnectionDriver {
 public:
  // `draining` and `active` outlive the driver.
  ConnectionDriver(const ServerOptions& options, Dispatch dispatch, const std::atomic<bool>& draining,
                   std::atomic<std::size_t>& active)
      : options_(options), answerer_(options, std::move(dispatch)), draining_(draining), active_(active) {}

  // The step of a connection that has just been accepted.
  Step first_step(const Connection& connection) const;
  // For a connection whose socket is ready.
  Step drive(Connection& connection, Workspace& workspace) const;
  // For one whose deadline has passed: 408 where a request has begun, else closed.
  Step expire(Connection& connection, Workspace& workspace) const;
  // For one that is one too many.
  Step turn_away(Connection& connection, Workspace& workspace) const;

 private:
  // Each makes what progress it can; true: look at the phase again, false: `step` says what to wait for.
  bool shake_hands(Connection& connection, Step& step) const;
  bool read(Connection& connection, Workspace& workspace, Step& step) const;
  bool write(Connection& connection, Workspace& workspace, Step& step) const;
  bool linger(Connection& connection, Workspace& workspace, Step& step) const;

  static bool refill(Connection& connection);

  void take_in(Connection& connection, Workspace& workspace, std::string_view bytes) const;
  // The head is there: makes the request. False when it was answered without its body.
  bool begin_body(Connection& connection, Workspace& workspace, bool more_has_come) const;
  void answer(Connection& connection, Workspace& workspace, Response response, bool body_was_read) const;
  void refuse(Connection& connection, Workspace& workspace, const Refusal& refusal) const;
  bool must_close(const Connection& connection) const;
  bool finish_answer(Connection& connection, Step& step) const;
  Step run(Connection& connection, Workspace& workspace) const;

  const ServerOptions& options_;
  const Answerer answerer_;
  const std::atomic<bool>& draining_;
  std::atomic<std::size_t>& active_;
};

}  // namespace animalctl::http
