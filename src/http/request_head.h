#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "animalctl/http/message.h"
#include "http/refusal.h"
#include "http/target.h"

namespace animalctl::http {

inline constexpr std::size_t kMaxTargetBytes = 8192;
inline constexpr std::size_t kMaxHeadBytes = 32768;
inline constexpr std::size_t kMaxFields = 100;

// The request line and fields of one message, and what they say about its body and its connection.
struct RequestHead {
  std::string method;
  Target target;
  Headers headers;
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool gzip = false;  // the body is coded; any other coding is refused
  bool http_1_0 = false;
  bool keep_alive = true;
  bool expects_continue = false;

  bool has_body() const { return chunked || content_length.value_or(0) > 0; }
};

// Reads a head from its first byte through its blank line. Strict where another reading of the same bytes would let a
// request hide in another's body (RFC 9112 §11.2): line ends are CRLF, names touch their colon, no folded lines, no
// control characters, one length or "chunked", never both. cpp-httplib would accept all of these, decode percent codes
// in values and forget the order. Refuses with 400, 414, 415, 417, 431, 501 or 505. A pure function.
std::variant<RequestHead, Refusal> parse_request_head(std::string_view bytes);

}  // namespace animalctl::http
