#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/refusal.h"

namespace animalctl::http {

// Takes a body in chunks apart (RFC 9112 §7.1), whatever the pieces in which it arrives. Chunk extensions and trailer
// fields are passed over. cpp-httplib would take a size like "-2" or "0x5" and a chunk without its line end.
class ChunkedBody {
 public:
  explicit ChunkedBody(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // Appends content to `body`; returns how many bytes were taken, fewer than given only when done() or refused().
  std::size_t feed(std::string_view bytes, std::string& body);
  bool done() const { return state_ == State::Done; }
  const std::optional<Refusal>& refused() const { return refused_; }

 private:
  enum class State { SizeLine, Content, ContentEnd, TrailerLine, Done };

  void end_line();
  void read_size();
  void refuse(int status, std::string message) { refused_ = Refusal{status, std::move(message)}; }

  const std::size_t max_bytes_;
  State state_ = State::SizeLine;
  std::string line_;          // of a size or trailer, so far
  std::uint64_t left_ = 0;    // of the chunk
  std::size_t total_ = 0;     // content so far
  std::size_t overhead_ = 0;  // extensions and trailers so far
  std::optional<Refusal> refused_;
};

}  // namespace animalctl::http
