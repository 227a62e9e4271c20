#pragma once

#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace animalctl::test {

// A server on 127.0.0.1 and a free port that keeps connections open, a thread each: what a load test is tried against.
class AnsweringServer {
 public:
  struct Answer {
    std::string bytes;   // a whole response, or what is to be sent in its place
    bool close = false;  // end the connection after it
    bool hold = false;   // send nothing more and wait until the client ends the connection
  };
  // Called with the number of the request, from 0, over all connections, on the connections' threads, one at a time.
  using Handler = std::function<Answer(std::size_t number, const std::string& request)>;

  explicit AnsweringServer(Handler handler);
  ~AnsweringServer();
  AnsweringServer(const AnsweringServer&) = delete;
  AnsweringServer& operator=(const AnsweringServer&) = delete;

  int port() const { return port_; }
  std::string url() const;
  std::size_t requests() const;
  std::size_t connections() const;

 private:
  void accept_all();
  void serve(int socket);

  Handler handler_;
  int port_ = 0;
  int listener_ = -1;
  mutable std::mutex mutex_;
  std::size_t requests_ = 0;
  std::list<int> sockets_;
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

// "HTTP/1.1 <status>" with a body and its length.
std::string whole_answer(const std::string& status, const std::string& body);

}  // namespace animalctl::test
