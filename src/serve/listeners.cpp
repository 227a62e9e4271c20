#include "serve/listeners.h"

#include <fmt/core.h>

#include <atomic>
#include <thread>

namespace animalctl::serve {

void Listeners::add(std::vector<std::string> names, const ListenAddress& address, http::ServerOptions options,
                    http::Dispatch dispatch) {
  options.host = address.host;
  options.port = address.port;
  if (address.tls) {
    if (tls_.certificate_chain.empty() || tls_.private_key.empty()) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("the {} listener is https, which needs certificate_file and private_key_file (PEM)",
                              names.front()));
    }
    options.tls = tls_;
  }
  listeners_.push_back({std::move(names), std::make_unique<http::Server>(std::move(options), std::move(dispatch))});
}

void Listeners::start() {
  for (const Listener& listener : listeners_) listener.server->start();
}

std::size_t Listeners::stop(std::chrono::milliseconds grace) {
  std::atomic<std::size_t> cut{0};
  std::vector<std::jthread> stopping;
  for (const Listener& listener : listeners_) {
    stopping.emplace_back([&server = *listener.server, &cut, grace] { cut += server.stop(grace); });
  }
  stopping.clear();
  return cut.load();
}

std::vector<std::pair<std::string, std::string>> Listeners::urls() const {
  std::vector<std::pair<std::string, std::string>> urls;
  for (const Listener& listener : listeners_) {
    for (const std::string& name : listener.names) urls.emplace_back(name, listener.server->url());
  }
  return urls;
}

}  // namespace animalctl::serve
