#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace animalctl::test {

struct HttpAnswer {
  int status = 0;  // 0: the connection ended before an answer
  std::string head;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  // "" when there is none.
  std::string header(const std::string& name) const;
};

// A connection to 127.0.0.1 whose bytes a test decides one by one. Reading waits ten seconds at most, then fails.
class HttpClient {
 public:
  enum class Tls { Off, On };
  explicit HttpClient(int port, Tls tls = Tls::Off, const std::string& host = "127.0.0.1");
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;
  HttpClient(const HttpClient&) = delete;

  // False when the server has closed the connection.
  bool send(const std::string& bytes);
  HttpAnswer read_answer(bool to_head = false);
  // All that comes until the server closes.
  std::string read_to_end();
  // Waits until the server closes, without anything else coming.
  bool is_closed();
  // Whether bytes can be read without waiting.
  bool has_input() const;
  void end_writing();
  // Closes with a reset: the server's next write fails.
  void reset();
  int socket() const;

  // One request, one answer.
  HttpAnswer get(const std::string& path);
  HttpAnswer post(const std::string& path, const std::string& body, const std::string& fields = "");

 private:
  // Appends what comes to buffer_; false at the end.
  bool receive();

  struct State;
  std::unique_ptr<State> state_;
  std::string buffer_;
};

}  // namespace animalctl::test
