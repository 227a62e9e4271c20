#include "http/raw_server.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

#include "animalctl/base/text.h"

namespace animalctl::test {
namespace {

// A socket bound to a free port of the loopback address; the port is returned through `port`.
int bound_socket(int& port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (socket < 0 || ::bind(socket, generic, size) != 0 || ::getsockname(socket, generic, &size) != 0) {
    throw std::runtime_error("cannot bind a socket to 127.0.0.1");
  }
  port = ntohs(address.sin_port);
  return socket;
}

std::string receive_head(int connection) {
  std::string head;
  std::array<char, 4096> buffer;
  while (head.find("\r\n\r\n") == std::string::npos) {
    const ssize_t count = ::recv(connection, buffer.data(), buffer.size(), 0);
    if (count <= 0) break;
    head.append(buffer.data(), static_cast<std::size_t>(count));
    // A TLS greeting: its sender waits for an answer, no blank line will come.
    if (head.front() == 0x16) break;
  }
  return head;
}

void send_all(int connection, const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t count = ::send(connection, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return;
    sent += static_cast<std::size_t>(count);
  }
}

}  // namespace

RawServer::RawServer(Handler handler) : handler_(std::move(handler)), listener_(bound_socket(port_)) {
  if (::listen(listener_, 16) != 0) throw std::runtime_error("cannot listen on 127.0.0.1");
  thread_ = std::thread([this] { serve(); });
}

RawServer::~RawServer() {
  // Wakes accept(); the descriptor stays ours until the thread has ended.
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
}

std::string RawServer::url(const std::string& path) const {
  return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

std::vector<std::string> RawServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void RawServer::serve() {
  while (true) {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    serve_one(connection);
    ::close(connection);
  }
}

void RawServer::serve_one(int connection) {
  const std::string request = receive_head(connection);
  if (request.empty()) return;
  std::size_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    number = requests_.size();
    requests_.push_back(request);
  }
  const Answer answer = handler_(request, number);
  send_all(connection, answer.bytes);
  if (!answer.hold) ::shutdown(connection, SHUT_WR);
  // Closing with unread bytes would reset the connection and could destroy what was sent.
  std::array<char, 4096> rest;
  while (::recv(connection, rest.data(), rest.size(), 0) > 0) {
  }
}

std::string answer_head(const std::string& status, std::size_t length, const std::vector<std::string>& headers) {
  std::string text = fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\nConnection: close\r\n", status, length);
  for (const std::string& header : headers) text += header + "\r\n";
  return text + "\r\n";
}

std::string answer(const std::string& status, const std::string& body, const std::vector<std::string>& headers) {
  return answer_head(status, body.size(), headers) + body;
}

std::string header_of(const std::string& request, const std::string& name) {
  for (const std::string& line : split(request, '\n')) {
    if (to_lower(line).starts_with(to_lower(name) + ":")) return std::string(trim(line.substr(name.size() + 1)));
  }
  return "";
}

RefusingPort::RefusingPort() : socket_(bound_socket(port_)) {}

RefusingPort::~RefusingPort() {
  ::close(socket_);
}

}  // namespace animalctl::test
