#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "animalctl/http/message.h"

namespace animalctl::http {

// TLS 1.2 and 1.3. Both files are PEM.
struct TlsFiles {
  std::filesystem::path certificate_chain;
  std::filesystem::path private_key;
};

struct ServerOptions {
  std::string host = "127.0.0.1";
  int port = 0;  // 0: any free one
  std::optional<TlsFiles> tls;

  // Larger bodies are answered 413, before they are read when their size is announced.
  std::size_t max_body_bytes = std::size_t{6'553'500};
  // Connections open at once; a further one is answered 503 with Retry-After and closed.
  std::size_t max_connections = 4096;
  // Requests that are read or answered at once, each on a thread of its own; idle connections need none.
  std::size_t max_threads = 1024;
  std::chrono::milliseconds request_timeout{60'000};  // from a request's first byte to its last: 408, and closed
  std::chrono::milliseconds idle_timeout{65'000};     // between requests: closed
  std::chrono::milliseconds write_timeout{30'000};    // a client that takes no byte for so long is dropped

  // Decides from the head alone, before the body is read (token, overload). A response ends the request; the connection
  // is closed when a body was to come. May be empty.
  std::function<std::optional<Response>(const Request& head)> admit;
  // Makes the body of an answer that no handler gave: 400, 408, 413, 414, 431, 500, 503. May be empty: plain text.
  std::function<Response(int status, std::string_view message)> refuse;
};

// Answers a request; may fill in its parameters. A Handler is one.
using Dispatch = std::function<Response(Request&)>;

// An HTTP/1.1 server. Idle connections are watched by one thread; one that sends is given a worker thread until it is
// answered. cpp-httplib reads and writes the messages, the connections are ours (docs/adr/0003-http-library.md).
// A handler that throws is answered through `refuse`: status_of(code) for an Error, 500 and a log line for anything
// else, never its text. Thread-safe.
class Server {
 public:
  // Binds; requests are accepted after start(). Throws InvalidArgument (host), Unavailable (port taken),
  // FailedPrecondition (no right to the port), NotFound or DataLoss (TLS files), InvalidArgument (the key is another
  // certificate's).
  Server(ServerOptions options, Dispatch dispatch);
  ~Server();  // stop(0)
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const;
  // "http://127.0.0.1:8080"; brackets around an IPv6 host.
  std::string url() const;
  void start();
  // Stops accepting, closes idle connections, lets requests that have begun to arrive be answered (with Connection:
  // close) until `grace` is over, then closes what is left. Returns how many were cut off.
  std::size_t stop(std::chrono::milliseconds grace);

  struct Statistics {
    std::size_t connections = 0;
    std::size_t active_requests = 0;
  };
  Statistics statistics() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace animalctl::http
