#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace animalctl::process {

// Where one of a child's two output streams goes.
enum class Stream {
  Inherit,  // where the caller's goes
  Discard,
  Pipe,  // the caller reads it: ChildProcess::output_pipe(), error_pipe()
  File,  // appended to ChildOptions::log_file
};

// What is started, where, and under which limits.
struct ChildOptions {
  // [0] is the program: a path, or a name without '/' that is looked up in PATH.
  std::vector<std::string> arguments;
  // Changes to the caller's environment: a new value, or nothing to take the variable away.
  std::map<std::string, std::optional<std::string>> environment;
  std::filesystem::path folder;  // working folder; "": the caller's
  Stream output = Stream::Inherit;
  Stream error = Stream::Inherit;
  std::filesystem::path log_file;  // made when it is not there, with its folders
  // Bytes that the child may take as its own (RLIMIT_DATA: heap, stacks, private writable mappings; not files that it
  // maps to read, so caches do not count). More is refused to the child, which then reports "out of memory". 0: no
  // limit.
  std::uint64_t max_memory_bytes = 0;
  // The longest it may run; wait() ends it then. Zero: no limit.
  std::chrono::milliseconds time_limit{0};
  // What the child receives when this process dies, however it dies; 0: nothing. Grandchildren do not receive it.
  int death_signal = 9;
  // Added to the child's niceness, 0 to 19: work that must not slow down what serves.
  int nice = 0;
};

// How a child ended.
struct ChildEnd {
  int code = 0;            // as a shell shows it: the exit code, or 128 + signal
  int signal = 0;          // that ended it; 0: it ended by itself
  bool timed_out = false;  // ended by us: its time was up
  bool stopped = false;    // ended by us: the stop token, or terminate()
  std::chrono::milliseconds ran{0};
  std::chrono::milliseconds cpu{0};    // user and system time, of the child and what it waited for
  std::uint64_t max_memory_bytes = 0;  // the largest resident size; not below this process's at the start

  bool succeeded() const { return code == 0 && !timed_out; }
  // "exit code 3", "killed by signal 9 (Killed)", "time limit of 30 s".
  std::string words() const;
};

// A child process in a process group of its own, so that signals reach what it started as well. Its standard input is
// /dev/null, no signal is blocked or ignored in it, and it inherits no descriptor but its two output streams.
//
// The death signal does not depend on which thread starts the child: all are started by one thread that lives as long
// as the process. Thread-safe but for move and destruction.
class ChildProcess {
 public:
  // Starts it. Throws InvalidArgument (no program named), NotFound (no such program or folder), FailedPrecondition (not
  // executable), ResourceExhausted (no process, descriptor or memory left); a program that cannot be executed is
  // reported here and never as an exit code.
  explicit ChildProcess(const ChildOptions& options);
  // Kills the group (SIGKILL) if the child still runs, and waits for it.
  ~ChildProcess();
  ChildProcess(ChildProcess&&) noexcept;
  ChildProcess& operator=(ChildProcess&&) noexcept;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  int pid() const;  // also the number of its group
  // How it ended, if it has.
  std::optional<ChildEnd> ended() const;
  // Waits until it has ended or the time has come; nothing when it still runs.
  std::optional<ChildEnd> wait_until(std::chrono::steady_clock::time_point deadline) const;
  // Waits until it has ended. When `stop` is requested or its time limit has passed it is terminated, with `grace`.
  ChildEnd wait(const std::stop_token& stop = {}, std::chrono::milliseconds grace = std::chrono::seconds(10));
  // Sends a signal to the group; nothing happens when the child has ended.
  void send_signal(int signal);
  // SIGTERM, and SIGKILL when it has not ended after `grace`. What is left of its group is killed too.
  ChildEnd terminate(std::chrono::milliseconds grace = std::chrono::seconds(10));

  // Reading ends of the pipes, -1 where the stream is no pipe. They belong to this object and are not blocking. A pipe
  // that nobody reads stops the child once it is full (64 KiB).
  int output_pipe() const;
  int error_pipe() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The path of the running program, for children that are animalctl themselves. Throws Internal when /proc is not there.
std::filesystem::path own_executable();

// Reaps processes that became this one's children by losing their parent, as PID 1 of a container must; children of
// ChildProcess are left to it. Returns how many. Must not be called by a program that starts children by other means.
int reap_orphans();

}  // namespace animalctl::process
