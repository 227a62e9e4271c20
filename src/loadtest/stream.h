#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "loadtest/endpoint.h"
#include "loadtest/unique_fd.h"

// OpenSSL's types, by name only.
struct ssl_ctx_st;
struct ssl_st;

namespace animalctl::loadtest {

// What all TLS connections of a run share: trusted certificates, versions (1.2 and 1.3), the name to verify.
class TlsContext {
 public:
  // `ca_file`: PEM file of trusted certificates; "" for the system's. Throws NotFound, DataLoss (no certificate in it).
  TlsContext(std::string host, const std::string& ca_file);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

 private:
  friend class Stream;
  ssl_ctx_st* context_ = nullptr;
  std::string host_;
};

// A TCP connection, in TLS or not, that never blocks.
class Stream {
 public:
  enum class State { Done, WantRead, WantWrite, Closed, Failed };
  struct Result {
    State state = State::Failed;
    std::size_t bytes = 0;  // with Done
  };

  Stream() = default;
  ~Stream();
  Stream(Stream&& other) noexcept;
  Stream& operator=(Stream&& other) noexcept;

  // Starts connecting; false when that fails at once. `tls` null: plain TCP.
  bool open(const Endpoint& endpoint, const TlsContext* tls);
  void close();
  bool is_open() const { return static_cast<bool>(socket_); }
  int descriptor() const { return socket_.get(); }
  bool secure() const { return tls_ != nullptr; }

  // The outcome of connecting, once the socket is writable: Done, WantWrite or Failed.
  State finish_connect();
  // Drives the TLS greeting: Done, WantRead, WantWrite, Failed (also: the certificate is not trusted).
  State handshake();
  Result read(std::span<char> buffer);
  // SIGPIPE must be blocked in the calling thread when the stream is secure.
  Result write(std::string_view bytes);

 private:
  State tls_state(int code);

  UniqueFd socket_;
  ssl_st* tls_ = nullptr;
};

}  // namespace animalctl::loadtest
