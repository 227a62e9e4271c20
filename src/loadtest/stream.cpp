#include "loadtest/stream.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"

namespace animalctl::loadtest {
namespace {

bool is_address(const std::string& host) {
  in6_addr buffer;
  return ::inet_pton(AF_INET, host.c_str(), &buffer) == 1 || ::inet_pton(AF_INET6, host.c_str(), &buffer) == 1;
}

Stream::State state_of_errno(int code) {
  if (code == EAGAIN || code == EWOULDBLOCK || code == EINTR) return Stream::State::WantRead;
  return code == EPIPE || code == ECONNRESET ? Stream::State::Closed : Stream::State::Failed;
}

int clamp_size(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

}  // namespace

TlsContext::TlsContext(std::string host, const std::string& ca_file) : host_(std::move(host)) {
  if (!ca_file.empty()) (void)read_file(ca_file, 64 << 20);
  context_ = ::SSL_CTX_new(::TLS_client_method());
  if (context_ == nullptr) throw Error(ErrorCode::Internal, "OpenSSL gives no context");
  ::SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
  // A server that ends a connection without TLS's own farewell is common; lengths say whether an answer is whole.
  ::SSL_CTX_set_options(context_, SSL_OP_IGNORE_UNEXPECTED_EOF);
  ::SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
  ::SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  const int loaded = ca_file.empty() ? ::SSL_CTX_set_default_verify_paths(context_)
                                     : ::SSL_CTX_load_verify_locations(context_, ca_file.c_str(), nullptr);
  if (loaded == 1) return;
  ::ERR_clear_error();
  ::SSL_CTX_free(context_);
  throw Error(ErrorCode::DataLoss,
              fmt::format("{} holds no certificate in PEM form", ca_file.empty() ? "the system's store" : ca_file));
}

TlsContext::~TlsContext() {
  ::SSL_CTX_free(context_);
}

Stream::~Stream() {
  close();
}

Stream::Stream(Stream&& other) noexcept : socket_(std::move(other.socket_)), tls_(std::exchange(other.tls_, nullptr)) {}

Stream& Stream::operator=(Stream&& other) noexcept {
  if (this != &other) {
    close();
    socket_ = std::move(other.socket_);
    tls_ = std::exchange(other.tls_, nullptr);
  }
  return *this;
}

bool Stream::open(const Endpoint& endpoint, const TlsContext* tls) {
  close();
  socket_ = UniqueFd(::socket(endpoint.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket_) return false;
  const int on = 1;
  ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  const int code = ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&endpoint.address), endpoint.size);
  if (code != 0 && errno != EINPROGRESS) {
    close();
    return false;
  }
  if (tls == nullptr) return true;
  tls_ = ::SSL_new(tls->context_);
  if (tls_ == nullptr || ::SSL_set_fd(tls_, socket_.get()) != 1) {
    close();
    return false;
  }
  if (is_address(tls->host_)) {
    ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(tls_), tls->host_.c_str());
  } else {
    ::SSL_set_tlsext_host_name(tls_, tls->host_.c_str());
    ::SSL_set1_host(tls_, tls->host_.c_str());
  }
  ::SSL_set_connect_state(tls_);
  return true;
}

void Stream::close() {
  if (tls_ != nullptr) ::SSL_free(tls_);
  tls_ = nullptr;
  socket_.reset();
}

Stream::State Stream::finish_connect() {
  int failure = 0;
  socklen_t size = sizeof(failure);
  if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &failure, &size) != 0 || failure != 0) return State::Failed;
  sockaddr_storage peer{};
  socklen_t peer_size = sizeof(peer);
  return ::getpeername(socket_.get(), reinterpret_cast<sockaddr*>(&peer), &peer_size) == 0 ? State::Done
                                                                                           : State::WantWrite;
}

Stream::State Stream::tls_state(int code) {
  const int reason = ::SSL_get_error(tls_, code);
  const int system = errno;
  ::ERR_clear_error();
  switch (reason) {
    case SSL_ERROR_WANT_READ:
      return State::WantRead;
    case SSL_ERROR_WANT_WRITE:
      return State::WantWrite;
    case SSL_ERROR_ZERO_RETURN:
      return State::Closed;
    case SSL_ERROR_SYSCALL:
      // 0: the peer closed the connection without saying so in TLS.
      return system == 0 ? State::Closed : state_of_errno(system);
    default:
      return State::Failed;
  }
}

Stream::State Stream::handshake() {
  errno = 0;
  const int code = ::SSL_do_handshake(tls_);
  return code == 1 ? State::Done : tls_state(code);
}

Stream::Result Stream::read(std::span<char> buffer) {
  if (tls_ != nullptr) {
    errno = 0;
    const int count = ::SSL_read(tls_, buffer.data(), clamp_size(buffer.size()));
    return count > 0 ? Result{State::Done, static_cast<std::size_t>(count)} : Result{tls_state(count), 0};
  }
  const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (count > 0) return {State::Done, static_cast<std::size_t>(count)};
  return {count == 0 ? State::Closed : state_of_errno(errno), 0};
}

Stream::Result Stream::write(std::string_view bytes) {
  if (tls_ != nullptr) {
    errno = 0;
    const int count = ::SSL_write(tls_, bytes.data(), clamp_size(bytes.size()));
    return count > 0 ? Result{State::Done, static_cast<std::size_t>(count)} : Result{tls_state(count), 0};
  }
  const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (count >= 0) return {State::Done, static_cast<std::size_t>(count)};
  const State state = state_of_errno(errno);
  return {state == State::WantRead ? State::WantWrite : state, 0};
}

}  // namespace animalctl::loadtest
