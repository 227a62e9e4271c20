#include "http/chunked_body.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace animalctl::http {
namespace {

// Of extensions and trailers together: nothing that is read and forgotten may go on for ever.
constexpr std::size_t kMaxOverhead = 16384;

bool is_hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

}  // namespace

std::size_t ChunkedBody::feed(std::string_view bytes, std::string& body) {
  std::size_t taken = 0;
  while (taken < bytes.size() && !done() && !refused_) {
    if (state_ == State::Content) {
      const std::size_t count = std::min<std::uint64_t>(left_, bytes.size() - taken);
      body.append(bytes.substr(taken, count));
      taken += count;
      left_ -= count;
      if (left_ == 0) state_ = State::ContentEnd;
      continue;
    }
    const std::string_view rest = bytes.substr(taken);
    const std::size_t end = rest.find('\n');
    const std::size_t count = end == std::string_view::npos ? rest.size() : end + 1;
    if (line_.size() + count > kMaxOverhead) {
      refuse(400, "a chunk's extension or trailer is too long");
      break;
    }
    line_.append(rest.substr(0, count));
    taken += count;
    if (end != std::string_view::npos) end_line();
    const bool overlong = state_ == State::ContentEnd && !std::string_view("\r\n").starts_with(line_);
    if (overlong && !refused_) refuse(400, "a chunk is longer than its size");
  }
  return taken;
}

void ChunkedBody::end_line() {
  if (!line_.ends_with("\r\n") || line_.find_first_of(std::string_view("\r\0", 2)) != line_.size() - 2) {
    return refuse(400, "a line of the chunked body does not end in CRLF");
  }
  line_.resize(line_.size() - 2);
  switch (state_) {
    case State::SizeLine:
      read_size();
      break;
    case State::ContentEnd:
      if (!line_.empty()) return refuse(400, "a chunk is longer than its size");
      state_ = State::SizeLine;
      break;
    case State::TrailerLine:
      if (line_.empty()) state_ = State::Done;
      overhead_ += line_.size();
      break;
    case State::Content:
    case State::Done:
      break;
  }
  if (overhead_ > kMaxOverhead) return refuse(400, "the chunks' extensions and trailers are too long");
  line_.clear();
}

void ChunkedBody::read_size() {
  const char* const begin = line_.data();
  const char* const end = begin + line_.size();
  const char* const stop = std::find_if_not(begin, end, is_hex_digit);
  const bool well_followed = stop == end || *stop == ';' || *stop == ' ' || *stop == '\t';
  const auto [read, error] = std::from_chars(begin, stop, left_, 16);
  if (stop == begin || read != stop || !well_followed) return refuse(400, "a chunk's size is no hexadecimal number");
  overhead_ += static_cast<std::size_t>(end - stop);
  if (error != std::errc() || left_ > max_bytes_ - total_) {
    return refuse(413, fmt::format("the body is larger than {} bytes", max_bytes_));
  }
  total_ += left_;
  state_ = left_ == 0 ? State::TrailerLine : State::Content;
}

}  // namespace animalctl::http
