#include "animalctl/http/client.h"

#include <fmt/core.h>

#include <atomic>

#include "animalctl/http/url.h"
#include "animalctl/version.h"
#include "compat/httplib.h"
#include "http/sigpipe.h"

namespace animalctl::http {
namespace {

std::unique_ptr<httplib::ClientImpl> connect_to(const Url& url) {
  if (url.secure()) return std::make_unique<httplib::SSLClient>(url.host, url.port);
  return std::make_unique<httplib::ClientImpl>(url.host, url.port);
}

}  // namespace

struct Client::State {
  State(std::string_view base, ClientOptions given) : url(parse_url(base)), options(given), client(connect_to(url)) {
    while (url.path.ends_with('/')) url.path.pop_back();
    client->set_connection_timeout(options.connect_timeout);
    client->set_read_timeout(options.read_timeout);
    client->set_write_timeout(options.read_timeout);
    client->set_keep_alive(true);
    client->set_follow_location(false);
    client->set_url_encode(false);
    client->set_tcp_nodelay(true);
  }

  Result<ClientAnswer> send(httplib::Request request);

  Url url;
  const ClientOptions options;
  const std::unique_ptr<httplib::ClientImpl> client;
  std::atomic<bool> stopped{false};
};

Result<ClientAnswer> Client::State::send(httplib::Request request) {
  const HeldBackSigpipe held_back;
  request.headers.emplace("Host", url.authority());
  request.headers.emplace("User-Agent", "animalctl/" + std::string(kVersion));
  request.headers.emplace("Accept-Encoding", "identity");
  for (const auto& [name, value] : options.headers) request.headers.emplace(name, value);
  ClientAnswer answer;
  bool too_large = false;
  request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
    too_large = size > options.max_answer_bytes - answer.body.size();
    if (!too_large) answer.body.append(data, size);
    return !too_large && !stopped;
  };
  httplib::Response response;
  httplib::Error failure = httplib::Error::Success;
  const bool done = !stopped && client->send(request, response, failure);
  if (too_large) {
    return Error(ErrorCode::ResourceExhausted,
                 fmt::format("the answer of {} has over {} bytes", url.text(), options.max_answer_bytes));
  }
  if (!done || stopped) {
    return Error(ErrorCode::Unavailable, stopped ? fmt::format("the question to {} was given up", url.text())
                                                 : fmt::format("{} does not answer ({}); check address and network",
                                                               url.text(), httplib::to_string(failure)));
  }
  answer.status = response.status;
  if (answer.body.empty()) answer.body = std::move(response.body);
  return answer;
}

Client::Client(std::string_view base, ClientOptions options) : state_(std::make_unique<State>(base, options)) {}
Client::~Client() = default;

Result<ClientAnswer> Client::get(std::string_view path) {
  httplib::Request request;
  request.method = "GET";
  request.path = state_->url.path + std::string(path);
  return state_->send(std::move(request));
}

Result<ClientAnswer> Client::post(std::string_view path, std::string_view content_type, std::string body) {
  httplib::Request request;
  request.method = "POST";
  request.path = state_->url.path + std::string(path);
  request.headers.emplace("Content-Type", std::string(content_type));
  request.body = std::move(body);
  return state_->send(std::move(request));
}

void Client::stop() {
  state_->stopped = true;
  state_->client->stop();
}

}  // namespace animalctl::http
