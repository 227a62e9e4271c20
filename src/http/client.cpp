#include "animalctl/http/client.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <optional>
#include <utility>

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

// A file that is sent piece by piece.
class SentFile {
 public:
  explicit SentFile(const std::filesystem::path& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~SentFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  SentFile(const SentFile&) = delete;
  SentFile& operator=(const SentFile&) = delete;

  // Its size; errno says why there is none.
  std::optional<std::size_t> size() const {
    struct stat status {};
    if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0) return std::nullopt;
    if (!S_ISREG(status.st_mode)) {
      errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
      return std::nullopt;
    }
    return static_cast<std::size_t>(status.st_size);
  }

  // Passes what stands from `offset` on, at most `length` bytes of it; false at the end and on errors.
  bool pass(std::size_t offset, std::size_t length, httplib::DataSink& sink) {
    std::array<char, 65536> piece{};
    const ssize_t count =
        ::pread(descriptor_, piece.data(), std::min(length, piece.size()), static_cast<off_t>(offset));
    cut_ = count <= 0;
    return !cut_ && sink.write(piece.data(), static_cast<std::size_t>(count));
  }
  bool cut() const { return cut_; }

 private:
  int descriptor_;
  bool cut_ = false;
};

}  // namespace

struct Client::State {
  State(std::string_view base, ClientOptions given)
      : url(parse_url(base)), options(std::move(given)), client(connect_to(url)) {
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

Client::Client(std::string_view base, ClientOptions options)
    : state_(std::make_unique<State>(base, std::move(options))) {}
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

Result<ClientAnswer> Client::put_file(std::string_view path, std::string_view content_type,
                                      const std::filesystem::path& file) {
  SentFile source(file);
  const auto size = source.size();
  if (!size) return error_from_errno(errno, fmt::format("read {}", file.string()));
  httplib::Request request;
  request.method = "PUT";
  request.path = state_->url.path + std::string(path);
  request.headers.emplace("Content-Type", std::string(content_type));
  request.content_length_ = *size;
  request.content_provider_ = [&](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
    return source.pass(offset, length, sink);
  };
  Result<ClientAnswer> answer = state_->send(std::move(request));
  if (!answer && source.cut()) {
    return Error(ErrorCode::DataLoss, fmt::format("{} became shorter while it was sent", file.string()));
  }
  return answer;
}

void Client::stop() {
  state_->stopped = true;
  state_->client->stop();
}

}  // namespace animalctl::http
