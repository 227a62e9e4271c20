#include "process/part_runner.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <csignal>

#include "animalctl/base/error.h"

namespace animalctl::process {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// The exit code of a part that could not be started at all: "unavailable", as for every command.
constexpr int kUnavailable = 5;
// How often a part is looked at that has ended while another process holds its pipes open.
constexpr milliseconds kLook{1'000};

// False when the stop came first.
bool sleep_for(milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

Descriptor make_event() {
  Descriptor event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (event.get() < 0) throw error_from_errno(errno, "make an event for a child process");
  return event;
}

// Another try of what is wrong with the request or the state would end the same way; a lack of something may pass.
bool is_hopeless(ErrorCode code) {
  return code == ErrorCode::InvalidArgument || code == ErrorCode::NotFound || code == ErrorCode::FailedPrecondition;
}

}  // namespace

PartRunner::PartRunner(const Part& part, const SupervisorOptions& options, PartListener& listener)
    : part_(part), options_(options), listener_(listener) {}

int PartRunner::run(const std::stop_token& stop) {
  milliseconds delay = options_.first_delay;
  while (!stop.stop_requested()) {
    std::optional<ChildEnd> end;
    std::string reason;
    try {
      if (part_.await && !part_.await(stop)) break;
      end = run_once(stop);
    } catch (const Error& error) {
      if (is_hopeless(error.code())) return give_up(kUnavailable, error.what(), std::nullopt);
      reason = error.what();
    }
    if (stop.stop_requested()) {
      tell({PartEvent::Kind::Stopped, part_.name, 0, end, "", milliseconds(0)});
      return 0;
    }
    if (end && end->signal == 0 && options_.hopeless_codes.contains(end->code)) {
      return give_up(end->code, fmt::format("it ended with {}, and would again", end->words()), end);
    }
    if (end && end->ran >= options_.stable_after) delay = options_.first_delay;
    tell({PartEvent::Kind::Restarting, part_.name, 0, end, reason, delay});
    if (!sleep_for(delay, stop)) break;
    delay = std::min(delay * 2, options_.longest_delay);
  }
  return 0;
}

int PartRunner::give_up(int code, const std::string& reason, const std::optional<ChildEnd>& end) {
  tell({PartEvent::Kind::GaveUp, part_.name, 0, end, reason, milliseconds(0)});
  return code;
}

void PartRunner::tell(const PartEvent& event) {
  const std::lock_guard lock(listener_.turn);
  listener_.event(event);
}

ChildEnd PartRunner::run_once(const std::stop_token& stop) {
  ChildOptions options = part_.options;
  options.output = options.error = Stream::Pipe;
  ChildProcess child(options);
  tell({PartEvent::Kind::Started, part_.name, child.pid(), std::nullopt, "", milliseconds(0)});
  hand_on(child, stop);
  // Only one that was asked to end and did not is still there, or one that closed its streams and goes on.
  return stop.stop_requested() ? child.terminate(milliseconds(0)) : child.wait(stop, options_.grace);
}

void PartRunner::hand_on(ChildProcess& child, const std::stop_token& stop) {
  const Descriptor event = make_event();
  const std::stop_callback wake(stop, [&event] { ::eventfd_write(event.get(), 1); });
  std::array<pollfd, 3> watched{pollfd{event.get(), POLLIN, 0}, pollfd{child.output_pipe(), POLLIN, 0},
                                pollfd{child.error_pipe(), POLLIN, 0}};
  std::array<LineCutter, 3> cutters;
  std::optional<steady_clock::time_point> deadline;
  bool is_last = false;
  while (watched[1].fd >= 0 || watched[2].fd >= 0) {
    milliseconds patience = is_last ? milliseconds(0) : kLook;
    if (deadline) {
      patience = std::min(patience, std::chrono::duration_cast<milliseconds>(*deadline - steady_clock::now()));
    }
    ::poll(watched.data(), watched.size(), static_cast<int>(std::max<std::int64_t>(patience.count(), 0)));
    if (stop.stop_requested() && !deadline) {
      child.send_signal(SIGTERM);
      deadline = steady_clock::now() + options_.grace;
      watched[0].fd = -1;
    }
    for (std::size_t i = 1; i < watched.size(); ++i) {
      if (watched[i].fd >= 0 && watched[i].revents != 0 && !read_stream(watched[i].fd, i == 2, cutters[i])) {
        watched[i].fd = -1;
      }
    }
    if (is_last || (deadline && steady_clock::now() >= *deadline)) break;
    // What it printed last may have come after the poll: once more.
    is_last = child.ended().has_value();
  }
  const std::lock_guard lock(listener_.turn);
  for (std::size_t i = 1; i < cutters.size(); ++i) {
    cutters[i].finish([&](std::string_view line) { listener_.line(part_.name, i == 2, line); });
  }
}

bool PartRunner::read_stream(int descriptor, bool is_error, LineCutter& cutter) {
  // As much as a pipe holds, once: a part that prints without end must not keep a stop from being seen.
  std::array<char, 65'536> buffer;
  const ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  if (count == 0) return false;
  const std::lock_guard lock(listener_.turn);
  cutter.add(std::string_view(buffer.data(), static_cast<std::size_t>(count)),
             [&](std::string_view line) { listener_.line(part_.name, is_error, line); });
  return true;
}

}  // namespace animalctl::process
