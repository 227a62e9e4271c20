#include "http/http_client.h"

#include <fmt/core.h>
#include <netdb.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

#include "animalctl/base/text.h"

namespace animalctl::test {
namespace {

constexpr int kPatience = 10'000;  // milliseconds

int connect_to(const std::string& host, int port) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &list) != 0) {
    throw std::runtime_error("no such host");
  }
  const int socket = ::socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int failed = ::connect(socket, list->ai_addr, list->ai_addrlen);
  ::freeaddrinfo(list);
  if (failed != 0) {
    ::close(socket);
    throw std::runtime_error("cannot connect");
  }
  timeval patience{kPatience / 1000, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  return socket;
}

}  // namespace

std::string HttpAnswer::header(const std::string& name) const {
  for (const auto& [key, value] : headers) {
    if (to_lower(key) == to_lower(name)) return value;
  }
  return "";
}

struct HttpClient::State {
  int socket = -1;
  SSL_CTX* context = nullptr;
  SSL* ssl = nullptr;

  ~State() {
    if (ssl != nullptr) SSL_free(ssl);
    if (context != nullptr) SSL_CTX_free(context);
    if (socket >= 0) ::close(socket);
  }
};

HttpClient::HttpClient(int port, Tls tls, const std::string& host) : state_(std::make_unique<State>()) {
  state_->socket = connect_to(host, port);
  if (tls == Tls::Off) return;
  state_->context = SSL_CTX_new(TLS_client_method());
  state_->ssl = SSL_new(state_->context);
  SSL_set_fd(state_->ssl, state_->socket);
  if (SSL_connect(state_->ssl) != 1) throw std::runtime_error("no TLS handshake");
}

HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;

int HttpClient::socket() const {
  return state_->socket;
}

bool HttpClient::send(const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const char* const from = bytes.data() + sent;
    const std::size_t size = bytes.size() - sent;
    const ssize_t count = state_->ssl != nullptr ? SSL_write(state_->ssl, from, static_cast<int>(size))
                                                 : ::send(state_->socket, from, size, MSG_NOSIGNAL);
    if (count <= 0) return false;
    sent += static_cast<std::size_t>(count);
  }
  return true;
}

bool HttpClient::receive() {
  std::array<char, 16384> bytes;
  errno = 0;
  const ssize_t count = state_->ssl != nullptr ? SSL_read(state_->ssl, bytes.data(), bytes.size())
                                               : ::recv(state_->socket, bytes.data(), bytes.size(), 0);
  if (count < 0 && errno == EAGAIN) throw std::runtime_error("nothing came from the server for ten seconds");
  if (count > 0) buffer_.append(bytes.data(), static_cast<std::size_t>(count));
  return count > 0;
}

HttpAnswer HttpClient::read_answer(bool to_head) {
  HttpAnswer answer;
  while (buffer_.find("\r\n\r\n") == std::string::npos) {
    if (!receive()) return answer;
  }
  const std::size_t head_end = buffer_.find("\r\n\r\n") + 2;
  answer.head = buffer_.substr(0, head_end);
  buffer_.erase(0, head_end + 2);
  answer.status = std::stoi(answer.head.substr(9, 3));
  for (const std::string& line : split(answer.head, '\n')) {
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) {
      answer.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2, line.size() - colon - 3));
    }
  }
  const std::string length = answer.header("Content-Length");
  const std::size_t size = to_head || length.empty() ? 0 : std::stoul(length);
  while (buffer_.size() < size) {
    if (!receive()) throw std::runtime_error("the answer's body was cut off");
  }
  answer.body = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return answer;
}

std::string HttpClient::read_to_end() {
  while (receive()) {
  }
  return std::exchange(buffer_, "");
}

bool HttpClient::is_closed() {
  return read_to_end().empty();
}

bool HttpClient::has_input() const {
  pollfd wait{state_->socket, POLLIN, 0};
  return ::poll(&wait, 1, 0) > 0;
}

void HttpClient::end_writing() {
  ::shutdown(state_->socket, SHUT_WR);
}

void HttpClient::reset() {
  const linger now{1, 0};
  ::setsockopt(state_->socket, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  ::close(std::exchange(state_->socket, -1));
}

HttpAnswer HttpClient::get(const std::string& path) {
  send(fmt::format("GET {} HTTP/1.1\r\nHost: test\r\n\r\n", path));
  return read_answer();
}

HttpAnswer HttpClient::post(const std::string& path, const std::string& body, const std::string& fields) {
  send(fmt::format("POST {} HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n{}\r\n", path, body.size(), fields) + body);
  return read_answer();
}

}  // namespace animalctl::test
