#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "animalctl/http/server.h"
#include "http/http_client.h"
#include "support/catch_compat.h"

namespace animalctl::test {

// Opens once; waiting gives up after ten seconds.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  bool wait() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

// Whether `condition` comes true within ten seconds: for what the server does behind an answer.
template <typename Condition>
bool eventually(Condition condition) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::yield();
  }
  return true;
}

// Answers with what it got: the body, or "METHOD path" when there is none.
inline http::Response echo(const http::Request& request) {
  http::Response response;
  response.content_type = "text/plain";
  response.body = request.body.empty() ? request.method + " " + request.path : request.body;
  return response;
}

// A server on a free port of the loopback address.
class TestServer {
 public:
  explicit TestServer(http::Handler handler = echo, http::ServerOptions options = {})
      : server_(std::move(options), std::move(handler)) {
    server_.start();
  }
  http::Server& operator*() { return server_; }
  http::Server* operator->() { return &server_; }
  HttpClient connect() const { return HttpClient(server_.port()); }

 private:
  http::Server server_;
};

}  // namespace animalctl::test
