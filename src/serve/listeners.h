#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "animalctl/http/server.h"
#include "serve/dispatcher.h"
#include "serve/serve_settings.h"

namespace animalctl::serve {

// The open ports of the process, each with what answers it. Used from one thread.
class Listeners {
 public:
  // The PEM files of https listeners.
  explicit Listeners(http::TlsFiles tls) : tls_(std::move(tls)) {}

  // Binds a listener for `names` ("inference", …). Throws InvalidArgument for https without both PEM files, and what
  // http::Server throws.
  void add(std::vector<std::string> names, const ListenAddress& address, http::ServerOptions options,
           http::Dispatch dispatch);
  void start();
  // Stops all of them at the same time; returns how many requests were cut off. Idempotent.
  std::size_t stop(std::chrono::milliseconds grace);
  // Names with addresses, in the order of add().
  std::vector<std::pair<std::string, std::string>> urls() const;

 private:
  struct Listener {
    std::vector<std::string> names;
    std::unique_ptr<http::Server> server;
  };
  http::TlsFiles tls_;
  std::vector<Listener> listeners_;
};

}  // namespace animalctl::serve
