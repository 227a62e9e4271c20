#include "http/message_codec.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "compat/httplib.h"
#include "http/parameters.h"

namespace animalctl::http {
namespace {

// Serves a head and a body from memory, and collects what is written.
class MemoryStream : public httplib::Stream {
 public:
  MemoryStream(std::string_view head, std::string_view body, std::string& output)
      : input_{head, body}, output_(output) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, size_t size) override {
    std::string_view& part = input_[0].empty() ? input_[1] : input_[0];
    const std::size_t count = std::min(size, part.size());
    std::memcpy(to, part.data(), count);
    part.remove_prefix(count);
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* from, size_t size) override {
    output_.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return 0; }  // cpp-httplib refuses numbers above FD_SETSIZE

 private:
  std::array<std::string_view, 2> input_;
  std::string& output_;
};

bool equals(std::string_view name, std::string_view lower) {
  return name.size() == lower.size() &&
         std::equal(name.begin(), name.end(), lower.begin(), [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

// Fields that say how the message is sent: the server's alone.
bool is_framing(std::string_view name) {
  return equals(name, "connection") || equals(name, "content-length") || equals(name, "transfer-encoding") ||
         equals(name, "keep-alive") || equals(name, "content-type");
}

std::string without_line_ends(std::string value) {
  std::replace_if(
      value.begin(), value.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
  return value;
}

bool may_have_body(int status) {
  return status != 204 && status != 304;
}

void hand_over(Response&& from, const AnswerForm& form, httplib::Response& to) {
  to.status = from.status >= 200 && from.status <= 599 ? from.status : 500;
  for (auto& [name, value] : from.headers) {
    if (is_token(name) && !is_framing(name)) to.headers.emplace(std::move(name), without_line_ends(std::move(value)));
  }
  if (!may_have_body(to.status)) return;
  if (!from.content_type.empty()) {
    to.headers.emplace("Content-Type", without_line_ends(std::move(from.content_type)));
  }
  if (form.head_only || from.file) {
    const std::uint64_t bytes = from.file ? from.file->bytes() : from.body.size();
    to.headers.emplace("Content-Length", std::to_string(bytes));
  } else {
    to.body = std::move(from.body);
  }
}

// Behind cpp-httplib's own fields, just before they are written: what it says of its own keep-alive is not so here.
void correct_fields(const AnswerForm& form, httplib::Response& response) {
  response.headers.erase("Keep-Alive");
  response.headers.erase("Accept-Ranges");
  if (!may_have_body(response.status)) response.headers.erase("Content-Length");
  if (form.close) {
    response.headers.emplace("Connection", "close");
  } else if (form.keep_alive_for_1_0) {
    response.headers.emplace("Connection", "keep-alive");
  }
}

// The last four bytes of a gzip member: its size modulo 2^32 (RFC 1952 §2.3.1). cpp-httplib takes a body that ends too
// early for a shorter one.
bool ends_with_size(std::string_view coded, std::size_t size) {
  if (coded.size() < 4) return false;
  std::uint32_t told = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    told |= static_cast<std::uint32_t>(static_cast<unsigned char>(coded[coded.size() - 4 + i])) << (8 * i);
  }
  return told == static_cast<std::uint32_t>(size);
}

}  // namespace

struct MessageCodec::State {
  HttplibMessages messages;
  // Of the call in progress.
  Response* response = nullptr;
  AnswerForm form;
  std::string inflated;
  std::size_t max_bytes = 0;
  bool too_large = false;
  bool read = false;

  State() {
    // Without a body: nothing is routed.
    messages.set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& to) {
      if (request.method == "POST") return httplib::Server::HandlerResponse::Unhandled;
      hand_over(std::move(*response), form, to);
      return httplib::Server::HandlerResponse::Handled;
    });
    messages.Post(".*", [this](const httplib::Request&, httplib::Response& to, const httplib::ContentReader& reader) {
      read = reader([this](const char* data, std::size_t size) { return append(data, size); });
      to.status = 200;
    });
    messages.set_post_routing_handler(
        [this](const httplib::Request&, httplib::Response& to) { correct_fields(form, to); });
  }

  bool append(const char* data, std::size_t size) {
    too_large = size > max_bytes - inflated.size();
    if (!too_large) inflated.append(data, size);
    return !too_large;
  }
};

MessageCodec::MessageCodec() : state_(std::make_unique<State>()) {}
MessageCodec::~MessageCodec() = default;

std::string MessageCodec::inflate(const std::string& coded, std::size_t max_bytes, std::optional<Refusal>& refusal) {
  state_->inflated.clear();
  state_->max_bytes = max_bytes;
  state_->too_large = false;
  state_->read = false;
  std::string unused;
  const std::string head =
      fmt::format("POST / HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", coded.size());
  MemoryStream stream(head, coded, unused);
  state_->messages.process(stream);
  std::string body = std::move(state_->inflated);
  if (state_->too_large) {
    refusal = Refusal{413, fmt::format("the inflated body is larger than {} bytes", max_bytes)};
  } else if (!state_->read || !ends_with_size(coded, body.size())) {
    refusal = Refusal{400, "the gzip body is broken or cut off"};
  }
  return body;
}

void MessageCodec::write(Response response, const AnswerForm& form, std::string& output) {
  state_->response = &response;
  state_->form = form;
  MemoryStream stream("GET / HTTP/1.1\r\n\r\n", "", output);
  state_->messages.process(stream);
}

}  // namespace animalctl::http
