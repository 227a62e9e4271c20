#include "http/request_reader.h"

#include <fmt/core.h>

#include <algorithm>

namespace animalctl::http {
namespace {

// Of a body whose size is announced: what is allocated before any of it has come.
constexpr std::size_t kTrustedBytes = std::size_t{256} * 1024;
constexpr std::size_t kMaxBlankBytes = 8;
// The longest target, and room for method and version.
constexpr std::size_t kMaxRequestLine = kMaxTargetBytes + 64;

}  // namespace

std::size_t RequestReader::feed(std::string_view bytes) {
  std::size_t taken = 0;
  if (state_ == State::Head) taken = feed_head(bytes);
  if (state_ == State::Body) taken += feed_body(bytes.substr(taken));
  return taken;
}

void RequestReader::read_body() {
  if (head_.chunked) {
    chunks_.emplace(max_body_bytes_);
    state_ = State::Body;
  } else if (head_.has_body()) {
    body_.reserve(std::min<std::size_t>(*head_.content_length, kTrustedBytes));
    state_ = State::Body;
  } else {
    state_ = State::Complete;
  }
}

void RequestReader::reset() {
  state_ = State::Head;
  skipped_ = 0;
  head_bytes_.clear();
  scanned_ = 0;
  head_ = RequestHead{};
  body_ = std::string();
  chunks_.reset();
}

void RequestReader::refuse(Refusal refusal) {
  refusal_ = std::move(refusal);
  state_ = State::Refused;
}

std::size_t RequestReader::skip_blank_lines(std::string_view bytes) {
  std::size_t count = 0;
  while (count < bytes.size() && skipped_ < kMaxBlankBytes && bytes[count] == (skipped_ % 2 == 0 ? '\r' : '\n')) {
    ++skipped_;
    ++count;
  }
  if (count < bytes.size() && skipped_ % 2 == 1) refuse({400, "a line of the request does not end in CRLF"});
  return count;
}

std::size_t RequestReader::feed_head(std::string_view bytes) {
  if (head_bytes_.empty()) {
    const std::size_t skipped = skip_blank_lines(bytes);
    const std::string_view rest = bytes.substr(skipped);
    if (state_ == State::Refused || rest.empty()) return bytes.size();
    if (const std::optional<std::size_t> end = find_head_end(rest)) {
      finish_head(rest.substr(0, *end));
      return skipped + *end;
    }
    if (state_ != State::Refused) head_bytes_ = std::string(rest);
    return bytes.size();
  }
  const std::size_t before = head_bytes_.size();
  head_bytes_.append(bytes.substr(0, kMaxHeadBytes + 1));
  if (const std::optional<std::size_t> end = find_head_end(head_bytes_)) {
    head_bytes_.resize(*end);
    finish_head(head_bytes_);
    return *end - before;
  }
  return bytes.size();
}

std::optional<std::size_t> RequestReader::find_head_end(std::string_view bytes) {
  for (;;) {
    const std::size_t line_end = bytes.find('\n', scanned_);
    if (line_end == std::string_view::npos) break;
    if (line_end == 0 || bytes[line_end - 1] != '\r') {
      refuse({400, "a line of the request does not end in CRLF"});
      return std::nullopt;
    }
    // Whether the line came whole or in pieces, it is refused as soon as it is too long.
    if (scanned_ == 0 && line_end > kMaxRequestLine) break;
    const bool blank = line_end >= 3 && bytes[line_end - 2] == '\n';
    if (line_end >= kMaxHeadBytes) break;
    if (blank) return line_end + 1;
    scanned_ = line_end + 1;
  }
  if (scanned_ == 0 && bytes.size() > kMaxRequestLine) {
    refuse({414, fmt::format("the address is longer than {} bytes", kMaxTargetBytes)});
  } else if (bytes.size() >= kMaxHeadBytes) {
    refuse({431, fmt::format("the request's head is larger than {} bytes", kMaxHeadBytes)});
  }
  return std::nullopt;
}

void RequestReader::finish_head(std::string_view bytes) {
  std::variant<RequestHead, Refusal> parsed = parse_request_head(bytes);
  if (auto* const refusal = std::get_if<Refusal>(&parsed)) return refuse(std::move(*refusal));
  head_ = std::move(std::get<RequestHead>(parsed));
  if (head_.content_length.value_or(0) > max_body_bytes_) {
    return refuse({413, fmt::format("the body is larger than {} bytes", max_body_bytes_)});
  }
  state_ = State::HeadDone;
}

std::size_t RequestReader::feed_body(std::string_view bytes) {
  if (chunks_) {
    const std::size_t taken = chunks_->feed(bytes, body_);
    if (chunks_->refused()) {
      refuse(*chunks_->refused());
    } else if (chunks_->done()) {
      state_ = State::Complete;
    }
    return taken;
  }
  const std::size_t count = std::min<std::uint64_t>(*head_.content_length - body_.size(), bytes.size());
  body_.append(bytes.substr(0, count));
  if (body_.size() == *head_.content_length) state_ = State::Complete;
  return count;
}

}  // namespace animalctl::http
