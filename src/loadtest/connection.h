#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "animalctl/loadtest/load_report.h"
#include "loadtest/response_parser.h"
#include "loadtest/stream.h"

namespace animalctl::loadtest {

// One connection of a load test and the request on it. It is told when its socket is ready and says how far it came.
class Connection {
 public:
  using Duration = std::chrono::nanoseconds;

  // How far a request is. Exactly one of `status` and `failure` is set when it is over.
  struct Progress {
    std::optional<int> status;
    std::optional<FailureKind> failure;
    bool over() const { return status || failure; }
  };

  // Starts connecting; false when that fails at once.
  bool open(const Endpoint& endpoint, const TlsContext* tls);
  void close();
  bool is_open() const { return phase_ != Phase::Closed; }
  int descriptor() const { return stream_.descriptor(); }

  // Gives the open connection a request, due at `due`; advance() sends it. `request` must stay until it is over.
  void begin(const std::string& request, Duration due, bool answer_has_body);
  bool busy() const { return request_ != nullptr; }
  Duration due() const { return due_; }
  // Ends the request without an answer; the connection is closed.
  void abandon();

  // Goes on as far as it can without blocking. After a failure, or an answer that ends the connection, it is closed.
  // `scratch` is where answers are read to; its content does not outlive the call.
  Progress advance(std::span<char> scratch);
  // For an idle connection that became readable: the server closed it, or sent what nobody asked for.
  void drop_if_ended(std::span<char> scratch);
  // What the connection waits for besides bytes to read.
  bool wants_write() const { return wants_write_; }

  std::uint64_t bytes_sent() const { return bytes_sent_; }
  std::uint64_t bytes_received() const { return bytes_received_; }

 private:
  enum class Phase { Closed, Connecting, Greeting, Ready };

  // Each returns a failure, or nothing: done, or not yet.
  std::optional<FailureKind> advance_opening();
  bool send();  // false: the connection no longer takes bytes
  Progress receive(std::span<char> scratch);
  Progress fail(FailureKind kind);
  Progress complete();

  Stream stream_;
  ResponseParser parser_;
  Phase phase_ = Phase::Closed;
  const std::string* request_ = nullptr;
  std::size_t sent_ = 0;
  bool wants_write_ = false;
  bool broken_ = false;  // writing failed; an answer may still be there to read
  Duration due_{0};
  std::uint64_t bytes_sent_ = 0;
  std::uint64_t bytes_received_ = 0;
};

}  // namespace animalctl::loadtest
