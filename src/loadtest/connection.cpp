#include "loadtest/connection.h"

namespace animalctl::loadtest {

bool Connection::open(const Endpoint& endpoint, const TlsContext* tls) {
  close();
  if (!stream_.open(endpoint, tls)) return false;
  phase_ = Phase::Connecting;
  wants_write_ = true;
  return true;
}

void Connection::close() {
  stream_.close();
  phase_ = Phase::Closed;
  wants_write_ = false;
  broken_ = false;
}

void Connection::begin(const std::string& request, Duration due, bool answer_has_body) {
  request_ = &request;
  sent_ = 0;
  due_ = due;
  parser_.start(!answer_has_body);
}

void Connection::abandon() {
  request_ = nullptr;
  close();
}

Connection::Progress Connection::fail(FailureKind kind) {
  abandon();
  return {std::nullopt, kind};
}

Connection::Progress Connection::complete() {
  const bool whole_request_sent = sent_ == request_->size();
  request_ = nullptr;
  // An answer that came before the request's end leaves the rest unsent: the connection has no use any more.
  if (!parser_.reusable() || !whole_request_sent || broken_) close();
  return {parser_.status(), std::nullopt};
}

std::optional<FailureKind> Connection::advance_opening() {
  if (phase_ == Phase::Connecting) {
    const Stream::State state = stream_.finish_connect();
    if (state == Stream::State::WantWrite) return std::nullopt;
    if (state != Stream::State::Done) return FailureKind::Connect;
    wants_write_ = false;
    phase_ = stream_.secure() ? Phase::Greeting : Phase::Ready;
  }
  if (phase_ == Phase::Greeting) {
    const Stream::State state = stream_.handshake();
    wants_write_ = state == Stream::State::WantWrite;
    if (state == Stream::State::Done) {
      phase_ = Phase::Ready;
    } else if (state != Stream::State::WantRead && state != Stream::State::WantWrite) {
      return FailureKind::Tls;
    }
  }
  return std::nullopt;
}

bool Connection::send() {
  wants_write_ = false;
  while (sent_ < request_->size()) {
    const Stream::Result result = stream_.write(std::string_view(*request_).substr(sent_));
    if (result.state == Stream::State::Done) {
      sent_ += result.bytes;
      bytes_sent_ += result.bytes;
      continue;
    }
    wants_write_ = result.state == Stream::State::WantWrite;
    return wants_write_ || result.state == Stream::State::WantRead;
  }
  return true;
}

Connection::Progress Connection::receive(std::span<char> scratch) {
  while (true) {
    const Stream::Result result = stream_.read(scratch);
    if (result.state == Stream::State::WantRead) break;
    if (result.state == Stream::State::WantWrite) {
      wants_write_ = true;
      break;
    }
    if (result.state != Stream::State::Done) {
      const bool whole =
          result.state == Stream::State::Closed && parser_.end_of_stream() == ResponseParser::State::Complete;
      return whole ? complete() : fail(FailureKind::Closed);
    }
    bytes_received_ += result.bytes;
    const auto state = parser_.feed(std::string_view(scratch.data(), result.bytes));
    if (state == ResponseParser::State::Complete) return complete();
    if (state == ResponseParser::State::Malformed) return fail(FailureKind::Malformed);
    // A short read of a plain socket has emptied it; the call that would say so is spared.
    if (!stream_.secure() && result.bytes < scratch.size()) break;
  }
  return broken_ ? fail(FailureKind::Closed) : Progress{};
}

Connection::Progress Connection::advance(std::span<char> scratch) {
  const auto failure = advance_opening();
  if (failure) return fail(*failure);
  if (phase_ != Phase::Ready || request_ == nullptr) return {};
  const bool sending = sent_ < request_->size();
  if (sending && !broken_) broken_ = !send();
  // Just sent: no answer can be there yet, and the call that would say so is spared. The socket's next readiness leads
  // here again.
  if (sending && !broken_ && !wants_write_ && !stream_.secure()) return {};
  return receive(scratch);
}

void Connection::drop_if_ended(std::span<char> scratch) {
  const auto failure = advance_opening();
  if (failure) {
    close();
    return;
  }
  if (phase_ != Phase::Ready) return;
  const Stream::State state = stream_.read(scratch).state;
  if (state != Stream::State::WantRead && state != Stream::State::WantWrite) close();
}

}  // namespace animalctl::loadtest
