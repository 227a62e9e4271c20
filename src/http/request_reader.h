#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "http/chunked_body.h"
#include "http/refusal.h"
#include "http/request_head.h"

namespace animalctl::http {

// Puts one request after the other together from the bytes of a connection, in whatever pieces they come. Knows no
// socket and no time.
class RequestReader {
 public:
  enum class State {
    Head,      // more bytes are wanted
    HeadDone,  // decide whether the body is wanted, then read_body()
    Body,      // more bytes are wanted
    Complete,  // head() and take_body(), then reset() for the next request
    Refused,   // refusal(); what follows on the connection cannot be understood
  };

  explicit RequestReader(std::size_t max_body_bytes) : max_body_bytes_(max_body_bytes) {}

  // Returns how many bytes were taken: all of them while bytes are wanted, else those that belong to this step.
  std::size_t feed(std::string_view bytes);
  // From HeadDone to Body or Complete.
  void read_body();
  // To the next request.
  void reset();

  State state() const { return state_; }
  // Whether anything of the current request has arrived.
  bool begun() const { return state_ != State::Head || !head_bytes_.empty(); }
  const RequestHead& head() const { return head_; }
  RequestHead& head() { return head_; }
  std::string take_body() { return std::move(body_); }
  const Refusal& refusal() const { return *refusal_; }

 private:
  // Takes line ends before a request, which some clients send behind a body (RFC 9112 §2.2).
  std::size_t skip_blank_lines(std::string_view bytes);
  std::size_t feed_head(std::string_view bytes);
  std::size_t feed_body(std::string_view bytes);
  // Where the head ends in `bytes`; looks at each line end from `scanned_` on. Sets refusal_ for a bare LF.
  std::optional<std::size_t> find_head_end(std::string_view bytes);
  void finish_head(std::string_view bytes);
  void refuse(Refusal refusal);

  const std::size_t max_body_bytes_;
  State state_ = State::Head;
  std::size_t skipped_ = 0;  // bytes of line ends before the request
  std::string head_bytes_;   // of a head that came in pieces
  std::size_t scanned_ = 0;  // up to here no blank line
  RequestHead head_;
  std::string body_;
  std::optional<ChunkedBody> chunks_;
  std::optional<Refusal> refusal_;
};

}  // namespace animalctl::http
