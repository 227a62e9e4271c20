#include "http/exchange.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <netdb.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include <exception>
#include <memory>
#include <mutex>

#include "animalctl/base/error.h"
#include "animalctl/base/text.h"
#include "animalctl/version.h"
#include "compat/httplib.h"
#include "http/sigpipe.h"
#include "http/tunnel_client.h"

namespace animalctl::http {
namespace {

// The exchange's connection, for a stop request from another thread. It is a duplicate of the library's descriptor,
// so that it can never name a file opened later; the library's own stop() would wait for a connect to end.
class ExchangeSocket {
 public:
  ExchangeSocket() = default;
  ~ExchangeSocket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  ExchangeSocket(const ExchangeSocket&) = delete;
  ExchangeSocket& operator=(const ExchangeSocket&) = delete;

  void adopt(int socket) {
    const std::lock_guard lock(mutex_);
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
  }
  void shut_down() {
    const std::lock_guard lock(mutex_);
    if (descriptor_ >= 0) ::shutdown(descriptor_, SHUT_RDWR);
  }

 private:
  std::mutex mutex_;
  int descriptor_ = -1;
};

std::string place_text(const std::string& host, int port) {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

// cpp-httplib reports an unknown name as a failed connection; a person needs to know which it was.
void require_known_name(const ExchangeRequest& request) {
  const std::string& host = request.proxy ? request.proxy->host : request.url.host;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (code == 0) {
    ::freeaddrinfo(found);
    return;
  }
  throw Error(ErrorCode::Unavailable,
              fmt::format("cannot find the {} \"{}\": {}; check its spelling, the network and the proxy variables",
                          request.proxy ? "proxy" : "host", host, ::gai_strerror(code)));
}

std::string proxy_credentials(const Proxy& proxy) {
  if (proxy.user.empty()) return "";
  return httplib::make_basic_authentication_header(proxy.user, proxy.password, true).second;
}

std::unique_ptr<httplib::ClientImpl> make_client(const ExchangeRequest& request, ExchangeSocket& connection,
                                                 int& tunnel_status) {
  const Url& url = request.url;
  std::unique_ptr<httplib::ClientImpl> client;
  if (url.secure()) {
    const std::string credentials = request.proxy ? proxy_credentials(*request.proxy) : "";
    client = make_tls_client<httplib::SSLClient>(request, place_text(url.host, url.port), credentials, tunnel_status);
  } else {
    client = std::make_unique<httplib::ClientImpl>(url.host, url.port);
  }
  client->set_connection_timeout(request.connect_timeout);
  client->set_read_timeout(request.read_timeout);
  client->set_write_timeout(request.read_timeout);
  client->set_follow_location(false);
  client->set_decompress(false);
  client->set_url_encode(false);
  client->set_socket_options([&connection](socket_t socket) { connection.adopt(socket); });
  if (!url.secure() && request.proxy) client->set_proxy(request.proxy->host, request.proxy->port);
  return client;
}

httplib::Headers make_headers(const ExchangeRequest& request) {
  httplib::Headers headers;
  for (const auto& [name, value] : request.headers) headers.emplace(name, value);
  headers.emplace("Host", request.url.authority());
  headers.emplace("User-Agent", "animalctl/" + std::string(kVersion));
  headers.emplace("Accept-Encoding", "identity");
  if (!request.url.user.empty()) {
    headers.insert(httplib::make_basic_authentication_header(request.url.user, request.url.password));
  }
  if (request.proxy && !request.url.secure() && !request.proxy->user.empty()) {
    headers.emplace("Proxy-Authorization", proxy_credentials(*request.proxy));
  }
  // Through a tunnel the library would send the proxy's password to the server as well; a header that is there
  // already keeps it from that.
  if (request.proxy && request.url.secure() && kLibraryTunnels<httplib::SSLClient>) {
    headers.emplace("Proxy-Authorization", "");
  }
  return headers;
}

ResponseHead copy_head(const httplib::Response& response) {
  ResponseHead head;
  head.status = response.status;
  for (const auto& [name, value] : response.headers) head.headers.emplace_back(name, value);
  return head;
}

std::string tls_reason(httplib::Error error, const httplib::ClientImpl& client) {
  const auto* secure = dynamic_cast<const httplib::SSLClient*>(&client);
  const long verified = secure == nullptr ? X509_V_OK : secure->get_openssl_verify_result();
  if (verified != X509_V_OK) {
    return fmt::format(
        "its certificate is not trusted ({}); if the certificate authority is your own, name its file in "
        "SSL_CERT_FILE",
        X509_verify_cert_error_string(verified));
  }
  if (error == httplib::Error::SSLConnection) {
    return "the TLS handshake failed; check that the server speaks https there and that a proxy lets it through";
  }
  if (error == httplib::Error::SSLLoadingCerts) return "the file of trusted certificates cannot be read";
  const std::string text = httplib::to_string(error);
  // "SSLServerVerification" here, "SSL server hostname verification failed" in newer versions.
  return text.find("erification") == std::string::npos ? text : "its certificate is for another host";
}

// The proxy was reached and opened no tunnel.
ExchangeResult explain_tunnel(const ExchangeRequest& request, int status) {
  const std::string proxy = place_text(request.proxy->host, request.proxy->port);
  if (status == 0) return {ExchangeEnd::Lost, {}, fmt::format("the proxy {} broke off or sent no HTTP", proxy)};
  if (status == 407) return {ExchangeEnd::Declined, {status, {}}, ""};
  const std::string reason =
      fmt::format("the proxy {} opens no connection to {} (status {})", proxy, request.url.authority(), status);
  if (status >= 500) return {ExchangeEnd::Lost, {}, reason};
  throw Error(ErrorCode::Unavailable, reason + "; check the address and what the proxy allows");
}

// Turns the library's error into a result (a loss that may pass) or an Error (no connection came about).
ExchangeResult explain(httplib::Error error, const ExchangeRequest& request, const httplib::ClientImpl& client,
                       int tunnel_status) {
  if (tunnel_status != kTunnelNotTried && tunnel_status != 200) return explain_tunnel(request, tunnel_status);
  const std::string server = place_text(request.url.host, request.url.port);
  const std::string peer =
      request.proxy ? fmt::format("the proxy {}", place_text(request.proxy->host, request.proxy->port)) : server;
  if (error == httplib::Error::Read || error == httplib::Error::Write) {
    return {ExchangeEnd::Lost,
            {},
            fmt::format("the connection to {} was lost or silent for {} s", peer, request.read_timeout.count() / 1000)};
  }
  if (error == httplib::Error::Connection) {
    throw Error(
        ErrorCode::Unavailable,
        fmt::format("cannot connect to {}: it refused or cannot be reached; check address, network and the proxy "
                    "variables",
                    peer));
  }
  if (error == httplib::Error::ConnectionTimeout) {
    throw Error(ErrorCode::Unavailable,
                fmt::format("cannot connect to {}: no answer within {} s; check the network and "
                            "the proxy variables",
                            peer, request.connect_timeout.count() / 1000));
  }
  if (httplib::to_string(error).starts_with("SSL")) {
    throw Error(ErrorCode::Unavailable,
                fmt::format("no secure connection to {}: {}", server, tls_reason(error, client)));
  }
  return {ExchangeEnd::Lost, {}, fmt::format("the exchange with {} failed: {}", peer, httplib::to_string(error))};
}

}  // namespace

std::optional<std::string> ResponseHead::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (to_lower(key) == to_lower(name)) return value;
  }
  return std::nullopt;
}

ExchangeResult get(const ExchangeRequest& request, const std::function<bool(const ResponseHead&)>& on_head,
                   const std::function<void(std::string_view)>& on_body, std::stop_token stop) {
  require_known_name(request);
  const HeldBackSigpipe held_back;
  ExchangeSocket connection;
  int tunnel_status = kTunnelNotTried;
  const auto client = make_client(request, connection, tunnel_status);
  const std::stop_callback on_stop(stop, [&connection] { connection.shut_down(); });
  ExchangeResult result;
  bool wanted = false;
  std::exception_ptr thrown;
  // Exceptions must not cross the library.
  const auto guarded = [&](const auto& action) {
    try {
      action();
      return !stop.stop_requested();
    } catch (...) {
      thrown = std::current_exception();
      return false;
    }
  };
  const httplib::Result answer = client->Get(
      request.url.path, make_headers(request),
      [&](const httplib::Response& response) {
        result.head = copy_head(response);
        return guarded([&] { wanted = on_head(result.head); }) && wanted;
      },
      [&](const char* data, size_t size) { return guarded([&] { on_body(std::string_view(data, size)); }); });
  if (thrown) std::rethrow_exception(thrown);
  if (stop.stop_requested()) {
    result.end = ExchangeEnd::Stopped;
  } else if (answer && result.head.status == 0 && request.proxy && request.url.secure()) {
    // No head came through the tunnel: it is the proxy's answer.
    result = explain_tunnel(request, answer->status);
  } else if (answer) {
    // Without on_head the answer had no body.
    if (result.head.status == 0) result.head = copy_head(*answer);
    result.end = wanted ? ExchangeEnd::Complete : ExchangeEnd::Declined;
  } else if (result.head.status != 0 && !wanted) {
    result.end = ExchangeEnd::Declined;
  } else {
    const ResponseHead head = std::move(result.head);
    result = explain(answer.error(), request, *client, tunnel_status);
    if (head.status != 0) result.head = head;
  }
  return result;
}

}  // namespace animalctl::http
