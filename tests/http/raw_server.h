#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace animalctl::test {

// A server that sends exactly the bytes it is told to: broken and contradicting answers included. One connection at a
// time, one request a connection, on 127.0.0.1 and a free port.
class RawServer {
 public:
  struct Answer {
    std::string bytes;
    bool hold = false;  // keep the connection open, silent, until the client ends it
  };
  // Called on the server's thread with the request's head and its number, from 0.
  using Handler = std::function<Answer(const std::string& request, std::size_t number)>;

  explicit RawServer(Handler handler);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  int port() const { return port_; }
  // http://127.0.0.1:port + path
  std::string url(const std::string& path) const;
  // The heads of all requests so far.
  std::vector<std::string> requests() const;

 private:
  void serve();
  void serve_one(int connection);

  Handler handler_;
  int port_ = 0;  // before the socket whose creation sets it
  int listener_ = -1;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

// A head with status and headers ("Name: value" each), Content-Length by `length` and "Connection: close".
std::string answer_head(const std::string& status, std::size_t length, const std::vector<std::string>& headers = {});
// The same with a whole body.
std::string answer(const std::string& status, const std::string& body, const std::vector<std::string>& headers = {});

// The value of a header in a request's head; "" when it is not there.
std::string header_of(const std::string& request, const std::string& name);

// A port of 127.0.0.1 that refuses connections while the object lives.
class RefusingPort {
 public:
  RefusingPort();
  ~RefusingPort();
  RefusingPort(const RefusingPort&) = delete;
  RefusingPort& operator=(const RefusingPort&) = delete;
  int port() const { return port_; }

 private:
  int port_ = 0;
  int socket_ = -1;
};

}  // namespace animalctl::test
