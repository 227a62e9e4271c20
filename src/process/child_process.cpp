#include "animalctl/process/child_process.h"

#include <fmt/core.h>
#include <sys/wait.h>

#include <cerrno>
#include <climits>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>

#include "animalctl/base/error.h"
#include "process/child_registry.h"
#include "process/spawn.h"

namespace animalctl::process {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

milliseconds since(steady_clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - start);
}

milliseconds to_milliseconds(const timeval& time) {
  return milliseconds(time.tv_sec * 1000 + time.tv_usec / 1000);
}

ChildEnd end_of(int status, const rusage& usage) {
  ChildEnd end;
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  end.code = end.signal != 0 ? 128 + end.signal : WEXITSTATUS(status);
  end.cpu = to_milliseconds(usage.ru_utime) + to_milliseconds(usage.ru_stime);
  end.max_memory_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  return end;
}

}  // namespace

struct ChildProcess::State {
  Spawned spawned;
  milliseconds time_limit{0};
  steady_clock::time_point start;

  mutable std::mutex mutex;
  mutable std::condition_variable_any changed;
  std::optional<ChildEnd> end;  // guarded by mutex, as what follows
  bool timed_out = false;
  bool stopped = false;
  std::thread waiter;

  void watch();
  void send_locked(int signal) const;
};

void ChildProcess::State::watch() {
  const pid_t pid = spawned.pid;
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
  {
    // It is not reaped yet, so its number is still its own, and so is the group's.
    const std::lock_guard lock(mutex);
    ::kill(-pid, SIGKILL);
    rusage usage{};
    end = end_of(ChildRegistry::instance().reap(pid, usage), usage);
    end->timed_out = timed_out;
    end->stopped = stopped;
    end->ran = since(start);
  }
  changed.notify_all();
}

void ChildProcess::State::send_locked(int signal) const {
  if (!end) ::kill(-spawned.pid, signal);
}

std::string ChildEnd::words() const {
  if (timed_out) return fmt::format("stopped after its time limit, {:.1f} s", static_cast<double>(ran.count()) / 1000);
  if (signal != 0) {
    const char* description = ::sigdescr_np(signal);
    return fmt::format("killed by signal {} ({})", signal, description == nullptr ? "unknown" : description);
  }
  return fmt::format("exit code {}", code);
}

ChildProcess::ChildProcess(const ChildOptions& options) : state_(std::make_unique<State>()) {
  state_->time_limit = options.time_limit;
  state_->start = steady_clock::now();
  state_->spawned = spawn(options);
  try {
    state_->waiter = std::thread([state = state_.get()] { state->watch(); });
  } catch (const std::system_error& error) {
    ::kill(-state_->spawned.pid, SIGKILL);
    rusage usage{};
    ChildRegistry::instance().reap(state_->spawned.pid, usage);
    throw Error(ErrorCode::ResourceExhausted,
                fmt::format("no thread to watch {} with: {}", options.arguments[0], error.what()));
  }
}

ChildProcess::~ChildProcess() {
  if (!state_) return;
  send_signal(SIGKILL);
  state_->waiter.join();
}

ChildProcess::ChildProcess(ChildProcess&&) noexcept = default;

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  // Not the default: it would drop a child of this object without killing it.
  ChildProcess taken(std::move(other));
  std::swap(state_, taken.state_);
  return *this;
}

int ChildProcess::pid() const {
  return state_->spawned.pid;
}

std::optional<ChildEnd> ChildProcess::ended() const {
  const std::lock_guard lock(state_->mutex);
  return state_->end;
}

std::optional<ChildEnd> ChildProcess::wait_until(steady_clock::time_point deadline) const {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait_until(lock, deadline, [this] { return state_->end.has_value(); });
  return state_->end;
}

ChildEnd ChildProcess::wait(const std::stop_token& stop, milliseconds grace) {
  {
    std::unique_lock lock(state_->mutex);
    const auto is_over = [this] { return state_->end.has_value(); };
    if (state_->time_limit.count() == 0) {
      state_->changed.wait(lock, stop, is_over);
    } else {
      state_->changed.wait_until(lock, stop, state_->start + state_->time_limit, is_over);
    }
    if (state_->end) return *state_->end;
    if (!stop.stop_requested()) state_->timed_out = true;
  }
  return terminate(grace);
}

void ChildProcess::send_signal(int signal) {
  const std::lock_guard lock(state_->mutex);
  state_->send_locked(signal);
}

ChildEnd ChildProcess::terminate(milliseconds grace) {
  const auto is_over = [this] { return state_->end.has_value(); };
  std::unique_lock lock(state_->mutex);
  if (!state_->timed_out) state_->stopped = !state_->end;
  state_->send_locked(SIGTERM);
  // One that is stopped (Ctrl+Z) acts on a signal only when it goes on.
  state_->send_locked(SIGCONT);
  if (!state_->changed.wait_for(lock, grace, is_over)) {
    state_->send_locked(SIGKILL);
    state_->changed.wait(lock, is_over);
  }
  return *state_->end;
}

int ChildProcess::output_pipe() const {
  return state_->spawned.output.get();
}

int ChildProcess::error_pipe() const {
  return state_->spawned.error.get();
}

std::filesystem::path own_executable() {
  constexpr std::string_view kLink = "/proc/self/exe";
  std::string target(PATH_MAX, '\0');
  const ssize_t length = ::readlink(kLink.data(), target.data(), target.size());
  if (length < 0) throw Error(ErrorCode::Internal, "cannot find the running program: /proc is not there");
  target.resize(static_cast<std::size_t>(length));
  // The file was replaced while the program runs: what is there now belongs to the libraries beside it. If nothing is
  // there, the link itself still starts the program.
  constexpr std::string_view kDeleted = " (deleted)";
  if (!target.ends_with(kDeleted)) return target;
  target.resize(target.size() - kDeleted.size());
  std::error_code ignored;
  return std::filesystem::is_regular_file(target, ignored) ? std::filesystem::path(target)
                                                           : std::filesystem::path(kLink);
}

}  // namespace animalctl::process
