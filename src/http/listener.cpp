#include "http/listener.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "animalctl/base/error.h"

namespace animalctl::http {
namespace {

// The kernel cuts it to net.core.somaxconn.
constexpr int kBacklog = 1024;

struct AddressDeleter {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, AddressDeleter>;

AddressList resolve(const std::string& host, int port) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int error =
      host.empty() ? EAI_NONAME : ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &list);
  if (error != 0) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("cannot listen on host '{}': {}; give an address of this machine, such as 127.0.0.1", host,
                            ::gai_strerror(error)));
  }
  return AddressList(list);
}

// Returns the socket, or -1 with errno set.
int listen_on(const addrinfo& address) {
  const int socket = ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) return -1;
  const int on = 1;
  // Without it a restart would wait a minute for the connections of the last run.
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (::bind(socket, address.ai_addr, address.ai_addrlen) == 0 && ::listen(socket, kBacklog) == 0) return socket;
  const int error = errno;
  ::close(socket);
  errno = error;
  return -1;
}

Error bind_error(int error, const std::string& host, int port) {
  const std::string failed = fmt::format("cannot listen on {} port {}: {}", host, port, std::strerror(error));
  switch (error) {
    case EADDRINUSE:
      return Error(ErrorCode::Unavailable, failed + "; stop what uses it or take another port");
    case EACCES:
    case EPERM:
      return Error(ErrorCode::FailedPrecondition, failed + "; ports below 1024 need a privilege");
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
      return Error(ErrorCode::InvalidArgument, failed + "; give an address of this machine, such as 127.0.0.1");
    default:
      return error_from_errno(error, fmt::format("listen on {} port {}", host, port));
  }
}

int bound_port(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

std::string address_text(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    // A listener for both families shows IPv4 peers inside IPv6 addresses.
    if (IN6_IS_ADDR_V4MAPPED(&v6)) {
      ::inet_ntop(AF_INET, v6.s6_addr + 12, text.data(), text.size());
    } else {
      ::inet_ntop(AF_INET6, &v6, text.data(), text.size());
    }
  } else {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text.data(), text.size());
  }
  return text.data();
}

}  // namespace

Listener::Listener(const std::string& host, int port) {
  if (port < 0 || port > 65535) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("cannot listen on port {}: ports are 0 to 65535", port));
  }
  const AddressList addresses = resolve(host, port);
  int error = EADDRNOTAVAIL;
  for (const addrinfo* address = addresses.get(); address != nullptr && socket_ < 0; address = address->ai_next) {
    socket_ = listen_on(*address);
    if (socket_ < 0) error = errno;
  }
  if (socket_ < 0) throw bind_error(error, host, port);
  port_ = bound_port(socket_);
}

Listener::~Listener() {
  close();
}

void Listener::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

Listener::Outcome Listener::accept(Accepted& accepted) {
  if (socket_ < 0) return Outcome::NoneWaiting;
  for (;;) {
    sockaddr_storage address{};
    socklen_t size = sizeof(address);
    accepted.socket = ::accept4(socket_, reinterpret_cast<sockaddr*>(&address), &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (accepted.socket >= 0) {
      const int on = 1;
      ::setsockopt(accepted.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      accepted.address = address_text(address);
      return Outcome::Accepted;
    }
    switch (errno) {
      case EAGAIN:
        return Outcome::NoneWaiting;
      case EMFILE:
      case ENFILE:
      case ENOBUFS:
      case ENOMEM:
        return Outcome::NoResources;
      case EBADF:
      case EINVAL:
      case ENOTSOCK:
      case EOPNOTSUPP:
        return Outcome::NoneWaiting;
      default:
        break;  // that connection has died already (accept(2)): the next one
    }
  }
}

}  // namespace animalctl::http
