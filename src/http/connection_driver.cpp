#include "http/connection_driver.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace animalctl::http {
namespace {

constexpr std::chrono::seconds kHandshakeTimeout{10};
constexpr std::chrono::milliseconds kLinger{2000};
constexpr std::chrono::milliseconds kLingerWhileDraining{500};
// A buffer that one large answer has left behind is not kept.
constexpr std::size_t kKeptBuffer = std::size_t{1} << 20;
constexpr std::uint64_t kFilePiece = std::uint64_t{256} << 10;

Step closing() {
  Step step;
  step.close = true;
  return step;
}

}  // namespace

Step ConnectionDriver::first_step(const Connection& connection) const {
  Step step;
  step.idle = true;
  const std::chrono::milliseconds handshake = kHandshakeTimeout;
  step.deadline = Clock::now() + (connection.phase == Phase::Handshake ? std::min(handshake, options_.request_timeout)
                                                                       : options_.idle_timeout);
  return step;
}

Step ConnectionDriver::drive(Connection& connection, Workspace& workspace) const {
  return run(connection, workspace);
}

Step ConnectionDriver::expire(Connection& connection, Workspace& workspace) const {
  if (connection.phase != Phase::Reading || !connection.active) return closing();
  refuse(connection, workspace, {408, "the request did not arrive in time"});
  return run(connection, workspace);
}

Step ConnectionDriver::turn_away(Connection& connection, Workspace& workspace) const {
  Response response = answerer_.refuse({503, "the server has as many connections as it takes; try again later"});
  if (!find_header(response.headers, "Retry-After")) response.headers.emplace_back("Retry-After", "1");
  answer(connection, workspace, std::move(response), false);
  return run(connection, workspace);
}

Step ConnectionDriver::run(Connection& connection, Workspace& workspace) const {
  Step step;
  bool again = true;
  while (again) {
    switch (connection.phase) {
      case Phase::Handshake:
        again = shake_hands(connection, step);
        break;
      case Phase::Reading:
        again = read(connection, workspace, step);
        break;
      case Phase::Writing:
        again = write(connection, workspace, step);
        break;
      case Phase::Lingering:
        again = linger(connection, workspace, step);
        break;
    }
  }
  return step;
}

bool ConnectionDriver::shake_hands(Connection& connection, Step& step) const {
  const IoResult result = connection.transport->handshake();
  if (result.status == IoStatus::Done) {
    connection.phase = Phase::Reading;
    return true;
  }
  step.close = result.status == IoStatus::Closed;
  step.want = result.status;
  step.idle = true;
  step.deadline = connection.deadline;  // of the whole handshake, set when the connection came
  return false;
}

bool ConnectionDriver::read(Connection& connection, Workspace& workspace, Step& step) const {
  if (!connection.pending.empty()) {
    const std::string bytes = std::move(connection.pending);
    connection.pending.clear();
    take_in(connection, workspace, bytes);
    return true;
  }
  const IoResult result = connection.transport->read(workspace.input.data(), workspace.input.size());
  if (result.status == IoStatus::Done) {
    take_in(connection, workspace, std::string_view(workspace.input.data(), result.count));
    return true;
  }
  step.close = result.status == IoStatus::Closed;
  step.want = result.status;
  step.idle = !connection.active;
  step.deadline = step.idle ? Clock::now() + options_.idle_timeout : connection.request_deadline;
  return false;
}

void ConnectionDriver::take_in(Connection& connection, Workspace& workspace, std::string_view bytes) const {
  RequestReader& reader = connection.reader;
  const Clock::time_point now = Clock::now();
  for (;;) {
    bytes.remove_prefix(reader.feed(bytes));
    if (!connection.active && reader.begun()) {
      connection.active = ActiveRequest(active_);
      connection.request.received = now;
      connection.request_deadline = now + options_.request_timeout;
    }
    if (reader.state() != RequestReader::State::HeadDone) break;
    if (!begin_body(connection, workspace, !bytes.empty())) return;
  }
  // A client that sends without a pause never makes the reader wait, so it is looked at here too.
  const bool is_late = connection.active && now > connection.request_deadline;
  switch (reader.state()) {
    case RequestReader::State::Refused:
      return refuse(connection, workspace, reader.refusal());
    case RequestReader::State::Complete: {
      connection.pending = std::string(bytes);
      Response response = answerer_.answer(connection.request, reader.head(), reader.take_body(), workspace.codec);
      return answer(connection, workspace, std::move(response), true);
    }
    case RequestReader::State::Head:
    case RequestReader::State::HeadDone:
    case RequestReader::State::Body:
      if (is_late) refuse(connection, workspace, {408, "the request did not arrive in time"});
      return;
  }
}

bool ConnectionDriver::begin_body(Connection& connection, Workspace& workspace, bool more_has_come) const {
  RequestHead& head = connection.reader.head();
  Request& request = connection.request;
  request.method = head.method;
  request.path = std::move(head.target.path);
  request.query = std::move(head.target.query);
  request.headers = std::move(head.headers);
  request.remote_address = connection.address;
  request.client_is_there = [weak = connection.weak_from_this()] {
    const std::shared_ptr<Connection> held = weak.lock();
    return held && held->transport->peer_is_there();
  };
  if (std::optional<Response> decided = answerer_.admit(request)) {
    answer(connection, workspace, std::move(*decided), !head.has_body());
    return false;
  }
  connection.reader.read_body();
  // Not needed when the body is here already (RFC 9110 §10.1.1).
  if (head.expects_continue && head.has_body() && !more_has_come) {
    connection.output = "HTTP/1.1 100 Continue\r\n\r\n";
    connection.sent = 0;
    connection.interim = true;
    connection.phase = Phase::Writing;
  }
  return true;
}

void ConnectionDriver::refuse(Connection& connection, Workspace& workspace, const Refusal& refusal) const {
  answer(connection, workspace, answerer_.refuse(refusal), false);
}

bool ConnectionDriver::must_close(const Connection& connection) const {
  if (!connection.reader.head().keep_alive) return true;
  // Requests that were sent one behind the other are all answered before the connection ends.
  return draining_ && connection.pending.empty() && !connection.transport->has_input();
}

void ConnectionDriver::answer(Connection& connection, Workspace& workspace, Response response,
                              bool body_was_read) const {
  const RequestHead& head = connection.reader.head();
  connection.linger = !body_was_read;
  connection.close_after = !body_was_read || response.close || must_close(connection);
  AnswerForm form;
  form.head_only = head.method == "HEAD";
  form.close = connection.close_after;
  form.keep_alive_for_1_0 = head.http_1_0 && !connection.close_after;
  const bool has_file = response.file && !form.head_only && response.status != 304 && response.status != 204;
  connection.file = has_file ? response.file : nullptr;
  connection.file_read = 0;
  workspace.output.clear();
  workspace.codec.write(std::move(response), form, workspace.output);
  connection.output.swap(workspace.output);
  connection.sent = 0;
  connection.interim = false;
  connection.phase = Phase::Writing;
}

// The next piece of the file becomes what is to be sent. False when the file has less than was promised.
bool ConnectionDriver::refill(Connection& connection) {
  const std::uint64_t left = connection.file->bytes() - connection.file_read;
  connection.output.resize(static_cast<std::size_t>(std::min(left, kFilePiece)));
  connection.sent = 0;
  ssize_t count = -1;
  do {
    count = ::pread(connection.file->descriptor(), connection.output.data(), connection.output.size(),
                    static_cast<off_t>(connection.file_read));
  } while (count < 0 && errno == EINTR);
  if (count <= 0) return false;
  connection.output.resize(static_cast<std::size_t>(count));
  connection.file_read += static_cast<std::uint64_t>(count);
  return true;
}

bool ConnectionDriver::write(Connection& connection, Workspace& workspace, Step& step) const {
  std::string& output = connection.output;
  for (;;) {
    if (connection.sent == output.size()) {
      if (!connection.file || connection.file_read == connection.file->bytes()) break;
      if (refill(connection)) continue;
      step = closing();
      return false;
    }
    const IoResult result =
        connection.transport->write(output.data() + connection.sent, output.size() - connection.sent);
    connection.sent += result.count;
    if (result.status == IoStatus::Done) continue;
    step.close = result.status == IoStatus::Closed;
    step.want = result.status;
    step.idle = false;
    step.deadline = Clock::now() + options_.write_timeout;
    return false;
  }
  if (connection.interim) {
    connection.interim = false;
    output.clear();
    connection.phase = Phase::Reading;
    return true;
  }
  connection.file = nullptr;
  output.swap(workspace.output);
  output = std::string();
  if (workspace.output.capacity() > kKeptBuffer) workspace.output = std::string();
  return finish_answer(connection, step);
}

bool ConnectionDriver::finish_answer(Connection& connection, Step& step) const {
  connection.active = ActiveRequest();
  connection.request = Request{};
  if (connection.close_after) {
    connection.transport->end_writing();
    connection.linger = connection.linger || connection.transport->has_input();
    if (!connection.linger) {
      step = closing();
      return false;
    }
    connection.linger_until = Clock::now() + (draining_ ? kLingerWhileDraining : kLinger);
    connection.phase = Phase::Lingering;
    return true;
  }
  connection.reader.reset();
  connection.phase = Phase::Reading;
  if (!connection.pending.empty()) return true;
  step = Step{};
  step.idle = true;
  step.deadline = Clock::now() + options_.idle_timeout;
  return false;
}

bool ConnectionDriver::linger(Connection& connection, Workspace& workspace, Step& step) const {
  const IoResult result = connection.transport->read(workspace.input.data(), workspace.input.size());
  if (result.status == IoStatus::Done && Clock::now() < connection.linger_until) return true;
  step.close = result.status == IoStatus::Closed || result.status == IoStatus::Done;
  step.want = result.status;
  step.idle = false;
  step.deadline = connection.linger_until;
  return false;
}

}  // namespace animalctl::http
