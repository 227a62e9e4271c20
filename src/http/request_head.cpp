#include "http/request_head.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "animalctl/base/text.h"
#include "http/parameters.h"

namespace animalctl::http {
namespace {

constexpr std::size_t kMaxMethodBytes = 32;

using Problem = std::optional<Refusal>;

bool is_forbidden(char c) {
  const auto code = static_cast<unsigned char>(c);
  return (code < 0x20 && c != '\t') || code == 0x7F;
}

// Takes one line from the front, without its CRLF.
std::string_view take_line(std::string_view& bytes) {
  const std::size_t end = bytes.find("\r\n");
  const std::string_view line = bytes.substr(0, end);
  bytes.remove_prefix(std::min(end + 2, bytes.size()));
  return line;
}

Problem read_version(std::string_view version, RequestHead& head) {
  if (version == "HTTP/1.1") return std::nullopt;
  if (version == "HTTP/1.0") {
    head.http_1_0 = true;
    head.keep_alive = false;
    return std::nullopt;
  }
  if (version.starts_with("HTTP/")) return Refusal{505, "this server speaks HTTP/1.1 and HTTP/1.0"};
  return Refusal{400, "the request line is not `METHOD target HTTP/1.1`"};
}

Problem read_request_line(std::string_view line, RequestHead& head) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return Refusal{400, "the request line is not `METHOD target HTTP/1.1`"};
  }
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  if (method.size() > kMaxMethodBytes || !is_token(method)) return Refusal{400, "the method is no word"};
  if (target.size() > kMaxTargetBytes) {
    return Refusal{414, fmt::format("the address is longer than {} bytes", kMaxTargetBytes)};
  }
  if (Problem problem = read_version(line.substr(last + 1), head)) return problem;
  std::optional<Target> parsed = parse_target(target);
  if (!parsed || target.find(' ') != std::string_view::npos) {
    return Refusal{400, "the address is no path with valid percent codes and UTF-8"};
  }
  head.method = std::string(method);
  head.target = std::move(*parsed);
  return std::nullopt;
}

Problem read_field(std::string_view line, RequestHead& head) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
    return Refusal{400, "a header field is not written `Name: value`"};
  }
  const std::string_view value = trim(line.substr(colon + 1));
  if (std::any_of(value.begin(), value.end(), is_forbidden)) {
    return Refusal{400, "a header field has a control character in its value"};
  }
  if (head.headers.size() == kMaxFields) {
    return Refusal{431, fmt::format("the request has more than {} header fields", kMaxFields)};
  }
  head.headers.emplace_back(line.substr(0, colon), value);
  return std::nullopt;
}

Problem read_length(std::string_view value, RequestHead& head) {
  std::uint64_t length = 0;
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, length);
  if (value.empty() || stop != end || error != std::errc()) {
    return Refusal{400, "Content-Length is not one number of bytes"};
  }
  if (head.content_length && *head.content_length != length) {
    return Refusal{400, "the request has two different Content-Length fields"};
  }
  head.content_length = length;
  return std::nullopt;
}

Problem read_transfer_coding(std::string_view value, RequestHead& head) {
  if (head.chunked) return Refusal{400, "the request has two Transfer-Encoding fields"};
  if (to_lower(value) != "chunked") return Refusal{501, "the only transfer coding understood is `chunked`"};
  if (head.http_1_0) return Refusal{400, "HTTP/1.0 has no Transfer-Encoding"};
  head.chunked = true;
  return std::nullopt;
}

Problem read_content_coding(std::string_view value, RequestHead& head) {
  const std::string coding = to_lower(value);
  if (coding == "identity" || coding.empty()) return std::nullopt;
  if ((coding != "gzip" && coding != "x-gzip") || head.gzip) {
    return Refusal{415, "the only content coding understood is `gzip`, once"};
  }
  head.gzip = true;
  return std::nullopt;
}

void read_connection(std::string_view value, RequestHead& head, bool& close) {
  for (const std::string& option : split(value, ',')) {
    const std::string word = to_lower(trim(option));
    if (word == "close") close = true;
    if (word == "keep-alive" && head.http_1_0) head.keep_alive = true;
  }
}

// What the fields say about the message itself.
Problem read_framing(RequestHead& head) {
  std::size_t hosts = 0;
  bool close = false;
  for (const auto& [name, value] : head.headers) {
    // Few names begin with these letters: most fields are passed over without a lower-case copy.
    constexpr std::string_view kInitials = "CcEeHhTt";
    if (kInitials.find(name.front()) == std::string_view::npos) continue;
    const std::string lower = to_lower(name);
    Problem problem;
    if (lower == "content-length") problem = read_length(value, head);
    if (lower == "transfer-encoding") problem = read_transfer_coding(value, head);
    if (lower == "content-encoding") problem = read_content_coding(value, head);
    if (lower == "connection") read_connection(value, head, close);
    if (lower == "host") ++hosts;
    if (lower == "expect") {
      if (to_lower(value) != "100-continue")
        problem = Refusal{417, "the only expectation understood is `100-continue`"};
      head.expects_continue = !head.http_1_0;
    }
    if (problem) return problem;
  }
  if (hosts > 1 || (hosts == 0 && !head.http_1_0)) return Refusal{400, "the request has not exactly one Host field"};
  if (head.chunked && head.content_length) {
    return Refusal{400, "the request has both Content-Length and Transfer-Encoding"};
  }
  head.keep_alive = head.keep_alive && !close;
  return std::nullopt;
}

}  // namespace

std::variant<RequestHead, Refusal> parse_request_head(std::string_view bytes) {
  RequestHead head;
  head.headers.reserve(16);
  if (Problem problem = read_request_line(take_line(bytes), head)) return std::move(*problem);
  while (!bytes.empty()) {
    const std::string_view line = take_line(bytes);
    if (line.empty()) break;
    if (Problem problem = read_field(line, head)) return std::move(*problem);
  }
  if (Problem problem = read_framing(head)) return std::move(*problem);
  return head;
}

}  // namespace animalctl::http
