#include "cli/up_ports.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <memory>

#include "animalctl/base/error.h"

namespace animalctl::cli {
namespace {

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

AddressList resolve_host(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), "0", &hints, &found);
  if (failed != 0) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("--host {}: {}; give an address of this machine, such as 127.0.0.1 or 0.0.0.0", host,
                            ::gai_strerror(failed)));
  }
  return {found, &::freeaddrinfo};
}

void set_port(sockaddr* address, int port) {
  const auto number = htons(static_cast<std::uint16_t>(port));
  if (address->sa_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6*>(address)->sin6_port = number;
  } else {
    reinterpret_cast<sockaddr_in*>(address)->sin_port = number;
  }
}

int port_of(const sockaddr_storage& address) {
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

// Holds a port for as long as the others are looked at.
class HeldPort {
 public:
  // `error()` says why it could not be had.
  HeldPort(const addrinfo& address, int port) : socket_(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int yes = 1;
    ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_storage place{};
    std::copy_n(reinterpret_cast<const char*>(address.ai_addr), address.ai_addrlen, reinterpret_cast<char*>(&place));
    set_port(reinterpret_cast<sockaddr*>(&place), port);
    // Two sockets with SO_REUSEADDR may be bound to one port; only listening tells whether it is free.
    if (socket_ < 0 || ::bind(socket_, reinterpret_cast<const sockaddr*>(&place), address.ai_addrlen) != 0 ||
        ::listen(socket_, 1) != 0) {
      error_ = errno;
      return;
    }
    socklen_t size = sizeof place;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&place), &size);
    port_ = port_of(place);
  }
  ~HeldPort() {
    if (socket_ >= 0) ::close(socket_);
  }
  HeldPort(const HeldPort&) = delete;
  HeldPort& operator=(const HeldPort&) = delete;

  int error() const { return error_; }
  int port() const { return port_; }

 private:
  int socket_;
  int error_ = 0;
  int port_ = 0;
};

void refuse_twice_the_same(const std::vector<PortUse>& ports) {
  std::map<int, std::string> flags;
  for (const PortUse& use : ports) {
    if (*use.port == 0) continue;
    const auto [first, is_new] = flags.emplace(*use.port, use.flag);
    if (is_new) continue;
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("{} and {} are both {}; give each a port of its own, or 0 for any free one", first->second,
                            use.flag, *use.port));
  }
}

std::string sentence(const PortUse& use, int error) {
  const std::string port = fmt::format("port {} of {} ({})", *use.port, use.what, use.flag);
  if (error == EADDRINUSE) return port + " is in use by another program";
  if (error == EACCES) return port + " is below 1024, which needs the right to use such ports";
  return fmt::format("{}: {}", port, error_from_errno(error, "listen").message());
}

}  // namespace

void settle_ports(const std::string& host, const std::vector<PortUse>& ports) {
  refuse_twice_the_same(ports);
  const AddressList address = resolve_host(host);
  std::vector<std::unique_ptr<HeldPort>> held;
  std::string problems;
  for (const PortUse& use : ports) {
    held.push_back(std::make_unique<HeldPort>(*address, *use.port));
    if (held.back()->error() != 0) {
      problems += (problems.empty() ? "" : "; ") + sentence(use, held.back()->error());
    } else {
      *use.port = held.back()->port();
    }
  }
  if (problems.empty()) return;
  throw Error(ErrorCode::Unavailable,
              fmt::format("{}. End what listens there, or give another port by the flag (0: any free one)", problems));
}

std::string host_and_port(const std::string& host, int port) {
  const bool is_v6 = host.find(':') != std::string::npos;
  return is_v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::string reachable_host(const std::string& host) {
  if (host == "0.0.0.0") return "127.0.0.1";
  if (host == "::") return "::1";
  return host;
}

}  // namespace animalctl::cli
