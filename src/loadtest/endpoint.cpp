#include "loadtest/endpoint.h"

#include <fmt/core.h>
#include <netdb.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include "animalctl/base/error.h"
#include "loadtest/unique_fd.h"

namespace animalctl::loadtest {
namespace {

using Clock = std::chrono::steady_clock;

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

// 0, or the errno of the attempt.
int try_connect(const addrinfo& address, Clock::time_point deadline) {
  const UniqueFd socket(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return errno;
  if (::connect(socket.get(), address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  pollfd waited{socket.get(), POLLOUT, 0};
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return ETIMEDOUT;
    const int ready = ::poll(&waited, 1, static_cast<int>(left));
    if (ready > 0) break;
    if (ready < 0 && errno != EINTR) return errno;
  }
  int failure = 0;
  socklen_t size = sizeof(failure);
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &failure, &size);
  return failure;
}

}  // namespace

Endpoint find_endpoint(const http::Url& url, std::chrono::milliseconds timeout) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  const int code = ::getaddrinfo(url.host.c_str(), std::to_string(url.port).c_str(), &hints, &raw);
  const std::unique_ptr<addrinfo, FreeAddresses> list(raw);
  if (code != 0) {
    throw Error(ErrorCode::Unavailable, fmt::format("cannot look up {}: {}", url.host, ::gai_strerror(code)));
  }
  const Clock::time_point deadline = Clock::now() + timeout;
  int failure = ETIMEDOUT;
  for (const addrinfo* each = list.get(); each != nullptr; each = each->ai_next) {
    failure = try_connect(*each, deadline);
    if (failure != 0) continue;
    Endpoint endpoint;
    endpoint.size = std::min<socklen_t>(each->ai_addrlen, sizeof(endpoint.address));
    std::memcpy(&endpoint.address, each->ai_addr, endpoint.size);
    return endpoint;
  }
  throw Error(ErrorCode::Unavailable, fmt::format("cannot reach {}: {}; is the server running there?", url.authority(),
                                                  std::strerror(failure)));
}

}  // namespace animalctl::loadtest
