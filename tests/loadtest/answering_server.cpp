#include "loadtest/answering_server.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>

namespace animalctl::test {
namespace {

// Takes one request (head and Content-Length body) off `buffer`, reading more as needed; "" at the end.
std::string receive_request(int socket, std::string& buffer) {
  std::array<char, 16384> piece;
  std::size_t length = std::string::npos;
  while (true) {
    const std::size_t end = buffer.find("\r\n\r\n");
    if (end != std::string::npos && length == std::string::npos) {
      const std::size_t field = buffer.find("Content-Length: ");
      length = end + 4 + (field < end ? std::strtoul(buffer.c_str() + field + 16, nullptr, 10) : 0);
    }
    if (length <= buffer.size()) {
      const std::string request = buffer.substr(0, length);
      buffer.erase(0, length);
      return request;
    }
    const ssize_t count = ::recv(socket, piece.data(), piece.size(), 0);
    if (count <= 0) return "";
    buffer.append(piece.data(), static_cast<std::size_t>(count));
  }
}

}  // namespace

AnsweringServer::AnsweringServer(Handler handler) : handler_(std::move(handler)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, size) != 0 || ::getsockname(listener_, generic, &size) != 0 ||
      ::listen(listener_, 128) != 0) {
    throw std::runtime_error("cannot listen on 127.0.0.1");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

AnsweringServer::~AnsweringServer() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
  for (const int socket : sockets_) ::close(socket);
  ::close(listener_);
}

std::string AnsweringServer::url() const {
  return fmt::format("http://127.0.0.1:{}/", port_);
}

std::size_t AnsweringServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::size_t AnsweringServer::connections() const {
  const std::lock_guard lock(mutex_);
  return sockets_.size();
}

void AnsweringServer::accept_all() {
  while (true) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    const std::lock_guard lock(mutex_);
    sockets_.push_back(socket);
    threads_.emplace_back([this, socket] { serve(socket); });
  }
}

void AnsweringServer::serve(int socket) {
  std::string buffer;
  while (true) {
    const std::string request = receive_request(socket, buffer);
    if (request.empty()) break;
    Answer answer;
    {
      const std::lock_guard lock(mutex_);
      answer = handler_(requests_++, request);
    }
    ::send(socket, answer.bytes.data(), answer.bytes.size(), MSG_NOSIGNAL);
    if (answer.close) break;
    if (answer.hold) (void)receive_request(socket, buffer);
  }
  // The descriptor stays open until the end, so that its number cannot name another connection meanwhile.
  ::shutdown(socket, SHUT_RDWR);
}

std::string whole_answer(const std::string& status, const std::string& body) {
  return fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n\r\n{}", status, body.size(), body);
}

}  // namespace animalctl::test
