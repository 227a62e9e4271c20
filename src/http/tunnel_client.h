#pragma once

#include <unistd.h>

#include <memory>
#include <type_traits>

#include "compat/httplib.h"
#include "http/exchange.h"
#include "http/tunnel.h"

namespace animalctl::http {

// What happened to the tunnel through a proxy that a TLS client opened.
inline constexpr int kTunnelNotTried = -1;

// A TLS client that opens its tunnel itself, for cpp-httplib 0.11 (Debian 12): that version waits for itself for ever
// when the proxy answers CONNECT with "Connection: close". Newer versions do it right and make the class final, which
// also tells the two apart.
template <typename Client>
class TunnelClient final : public Client {
 public:
  // Leaves the proxy's answer in `status`: 200, another status, or 0 when it broke off.
  TunnelClient(const ExchangeRequest& request, const std::string& authority, const std::string& credentials,
               int& status)
      : Client(request.url.host, request.url.port),
        request_(request),
        authority_(authority),
        credentials_(credentials),
        status_(status) {}

 private:
  using typename Client::Socket;

  bool create_and_connect_socket(Socket& socket, httplib::Error& error) override {
    this->set_proxy(request_.proxy->host, request_.proxy->port);
    // The plain one on purpose: SSLClient's own would begin TLS with the proxy.
    // NOLINTNEXTLINE(bugprone-parent-virtual-call)
    const bool connected = httplib::ClientImpl::create_and_connect_socket(socket, error);
    // The library must not ask for a second tunnel.
    this->set_proxy("", -1);
    if (!connected) return false;
    status_ = open_tunnel(socket.sock, authority_, credentials_, request_.read_timeout);
    if (status_ == 200) return true;
    ::close(socket.sock);
    socket.sock = INVALID_SOCKET;
    error = httplib::Error::Connection;
    return false;
  }

  const ExchangeRequest& request_;
  std::string authority_;
  std::string credentials_;
  int& status_;
};

// Whether the library opens tunnels itself.
template <typename Client>
inline constexpr bool kLibraryTunnels = std::is_final_v<Client>;

// A TLS client for the request, through its proxy when it has one.
template <typename Client>
std::unique_ptr<httplib::ClientImpl> make_tls_client(const ExchangeRequest& request, const std::string& authority,
                                                     const std::string& credentials, int& tunnel_status) {
  if constexpr (kLibraryTunnels<Client>) {
    auto client = std::make_unique<Client>(request.url.host, request.url.port);
    if (request.proxy) {
      client->set_proxy(request.proxy->host, request.proxy->port);
      client->set_proxy_basic_auth(request.proxy->user, request.proxy->password);
    }
    return client;
  } else {
    if (!request.proxy) return std::make_unique<Client>(request.url.host, request.url.port);
    return std::make_unique<TunnelClient<Client>>(request, authority, credentials, tunnel_status);
  }
}

}  // namespace animalctl::http
