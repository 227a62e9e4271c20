#include "http/tunnel.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/socket.h>

#include <cctype>
#include <cerrno>
#include <string_view>

namespace animalctl::http {
namespace {

constexpr std::size_t kMaxHeadBytes = std::size_t{64} * 1024;

bool wait_for(int socket, short event, std::chrono::milliseconds silence) {
  pollfd entry{socket, event, 0};
  int ready = 0;
  do {
    ready = ::poll(&entry, 1, static_cast<int>(silence.count()));
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

bool send_all(int socket, std::string_view text, std::chrono::milliseconds silence) {
  while (!text.empty()) {
    if (!wait_for(socket, POLLOUT, silence)) return false;
    const ssize_t count = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

// Byte by byte: what follows the head belongs to the tunnel.
std::string receive_head(int socket, std::chrono::milliseconds silence) {
  std::string head;
  while (!head.ends_with("\r\n\r\n") && head.size() < kMaxHeadBytes) {
    if (!wait_for(socket, POLLIN, silence)) return {};
    char byte = 0;
    const ssize_t count = ::recv(socket, &byte, 1, 0);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count <= 0) return {};
    head.push_back(byte);
  }
  return head;
}

}  // namespace

int open_tunnel(int socket, const std::string& authority, const std::string& credentials,
                std::chrono::milliseconds silence) {
  std::string request = fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n", authority);
  if (!credentials.empty()) request += fmt::format("Proxy-Authorization: {}\r\n", credentials);
  if (!send_all(socket, request + "\r\n", silence)) return 0;
  const std::string head = receive_head(socket, silence);
  // "HTTP/1.1 200 …"
  constexpr std::size_t kStatus = 9;
  if (!head.starts_with("HTTP/1.") || head.size() < kStatus + 3 || head[kStatus - 1] != ' ') return 0;
  int status = 0;
  for (std::size_t i = kStatus; i < kStatus + 3; ++i) {
    if (std::isdigit(static_cast<unsigned char>(head[i])) == 0) return 0;
    status = status * 10 + (head[i] - '0');
  }
  return status;
}

}  // namespace animalctl::http
