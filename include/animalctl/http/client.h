#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "animalctl/base/result.h"

namespace animalctl::http {

struct ClientOptions {
  std::chrono::milliseconds connect_timeout{1'000};
  std::chrono::milliseconds read_timeout{5'000};  // the longest silence of the server
  std::size_t max_answer_bytes = std::size_t{1} << 20;
  std::vector<std::pair<std::string, std::string>> headers;  // of every request, e.g. Authorization
};

struct ClientAnswer {
  int status = 0;
  std::string body;
};

// Asks one server again and again over a connection that is kept. No redirect is followed, no proxy used, certificates
// are verified. Not thread-safe but for stop().
class Client {
 public:
  // `base`: "http://127.0.0.1:8000", a path in it stands before every path asked for. Throws InvalidArgument.
  explicit Client(std::string_view base, ClientOptions options = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Any status is an answer. Errors: Unavailable (no connection, it broke, silence, stopped), ResourceExhausted (the
  // answer is too large). `path` begins with '/'.
  Result<ClientAnswer> get(std::string_view path);
  Result<ClientAnswer> post(std::string_view path, std::string_view content_type, std::string body);
  // Sends a file's content, read while it is sent. Also NotFound and what else opening it gives; DataLoss when it
  // becomes shorter meanwhile.
  Result<ClientAnswer> put_file(std::string_view path, std::string_view content_type,
                                const std::filesystem::path& file);
  // Ends the call that is under way, from another thread; later ones fail at once.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace animalctl::http
