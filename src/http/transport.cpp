#include "http/transport.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace animalctl::http {
namespace {

IoResult result_of(ssize_t count, IoStatus when_blocked) {
  if (count > 0) return {IoStatus::Done, static_cast<std::size_t>(count)};
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return {when_blocked, 0};
  return {IoStatus::Closed, 0};
}

// recv and send are not interrupted for a non-blocking socket, but POSIX allows it.
template <typename Call>
ssize_t retried(Call call) {
  for (;;) {
    const ssize_t count = call();
    if (count >= 0 || errno != EINTR) return count;
  }
}

}  // namespace

Transport::~Transport() {
  ::close(socket_);
}

IoResult Transport::read(char* to, std::size_t size) {
  return result_of(retried([&] { return ::recv(socket_, to, size, MSG_DONTWAIT); }), IoStatus::WantRead);
}

IoResult Transport::write(const char* from, std::size_t size) {
  return result_of(retried([&] { return ::send(socket_, from, size, MSG_DONTWAIT | MSG_NOSIGNAL); }),
                   IoStatus::WantWrite);
}

void Transport::end_writing() {
  ::shutdown(socket_, SHUT_WR);
}

bool Transport::peer_is_there() const {
  char byte = 0;
  const ssize_t count = retried([&] { return ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT); });
  return count > 0 || (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
}

bool Transport::has_input() const {
  char byte = 0;
  return retried([&] { return ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT); }) > 0;
}

void Transport::cut() {
  ::shutdown(socket_, SHUT_RDWR);
}

}  // namespace animalctl::http
