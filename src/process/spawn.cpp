#include "process/spawn.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/text.h"
#include "process/child_registry.h"
#include "process/spawn_thread.h"

extern char** environ;

namespace animalctl::process {
namespace {
namespace fs = std::filesystem;

// What the child was doing when it failed before its program ran; sent through a pipe that closes at exec.
enum class Stage : int { Folder, Memory, Streams, Program };
struct Failure {
  Stage stage;
  int error;
};

// Everything that the child needs, made before the fork: between fork and exec only calls that are safe in a signal
// handler may be made, because another thread may hold any lock.
struct Plan {
  std::string program;
  std::vector<std::string> texts;  // what argv and envp point into
  std::vector<char*> argv;
  std::vector<char*> envp;
  std::string folder;
  Descriptor null_device;
  Descriptor output;
  Descriptor error;
  Descriptor report;
  rlim_t max_memory = 0;
  int death_signal = 0;
  int nice = 0;
  pid_t parent = 0;
};

// Descriptors 0 to 2 are where the child's streams will be put, so none of those needed for that may be one of them
// (this process may itself have been started without).
Descriptor above_standard(int descriptor, std::string_view action) {
  Descriptor given(descriptor);
  if (descriptor < 0) throw error_from_errno(errno, action);
  if (descriptor > 2) return given;
  Descriptor moved(::fcntl(descriptor, F_DUPFD_CLOEXEC, 3));
  if (moved.get() < 0) throw error_from_errno(errno, action);
  return moved;
}

std::pair<Descriptor, Descriptor> make_pipe() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) throw error_from_errno(errno, "make a pipe to a child process");
  Descriptor writing(ends[1]);
  Descriptor reading = above_standard(ends[0], "make a pipe to a child process");
  if (writing.get() > 2) return {std::move(reading), std::move(writing)};
  Descriptor moved(::fcntl(writing.get(), F_DUPFD_CLOEXEC, 3));
  if (moved.get() < 0) throw error_from_errno(errno, "make a pipe to a child process");
  return {std::move(reading), std::move(moved)};
}

std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return fs::absolute(name).string();
  const char* path = std::getenv("PATH");
  for (const std::string& folder : split(path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path, ':')) {
    const fs::path candidate = fs::path(folder.empty() ? "." : folder) / name;
    if (::access(candidate.c_str(), X_OK) == 0 && !fs::is_directory(candidate)) return fs::absolute(candidate).string();
  }
  throw Error(ErrorCode::NotFound, fmt::format("there is no program \"{}\" in PATH", name));
}

// "NAME=value" for everything that the child sees.
std::vector<std::string> environment_of(const ChildOptions& options) {
  std::vector<std::string> result;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!options.environment.contains(text.substr(0, text.find('=')))) result.push_back(text);
  }
  for (const auto& [name, value] : options.environment) {
    if (name.empty() || name.find('=') != std::string::npos) {
      throw Error(ErrorCode::InvalidArgument, fmt::format("\"{}\" is no name of an environment variable", name));
    }
    if (value) result.push_back(name + "=" + *value);
  }
  return result;
}

Descriptor open_log(const fs::path& file) {
  if (file.empty()) {
    throw Error(ErrorCode::InvalidArgument, "a child's stream is to go to a file, but no log file is named");
  }
  if (file.has_parent_path()) create_folders(file.parent_path());
  const std::string action = fmt::format("open the log file {}", file.string());
  return above_standard(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644), action);
}

// The child's end of a stream; for a pipe its other end goes to `reading`.
Descriptor open_stream(Stream stream, int inherited, const ChildOptions& options, Descriptor& reading) {
  switch (stream) {
    case Stream::Inherit: {
      // Closed in the caller: the child's goes nowhere rather than to whatever file it opens first.
      Descriptor copy(::fcntl(inherited, F_DUPFD_CLOEXEC, 3));
      if (copy.get() >= 0) return copy;
      break;
    }
    case Stream::Discard:
      break;
    case Stream::Pipe: {
      auto [read_end, write_end] = make_pipe();
      ::fcntl(read_end.get(), F_SETFL, O_NONBLOCK);
      reading = std::move(read_end);
      return std::move(write_end);
    }
    case Stream::File:
      return open_log(options.log_file);
  }
  return above_standard(::open("/dev/null", O_WRONLY | O_CLOEXEC), "open /dev/null");
}

void point_to(std::vector<char*>& pointers, std::vector<std::string>& texts, std::size_t first, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) pointers.push_back(texts[first + i].data());
  pointers.push_back(nullptr);
}

Plan make_plan(const ChildOptions& options, Spawned& result) {
  if (options.arguments.empty() || options.arguments[0].empty()) {
    throw Error(ErrorCode::InvalidArgument, "no program is named to be started as a child process");
  }
  Plan plan;
  plan.program = find_program(options.arguments[0]);
  plan.texts = options.arguments;
  const std::size_t arguments = plan.texts.size();
  for (std::string& entry : environment_of(options)) plan.texts.push_back(std::move(entry));
  point_to(plan.argv, plan.texts, 0, arguments);
  point_to(plan.envp, plan.texts, arguments, plan.texts.size() - arguments);
  plan.folder = options.folder.string();
  plan.null_device = above_standard(::open("/dev/null", O_RDONLY | O_CLOEXEC), "open /dev/null");
  plan.output = open_stream(options.output, STDOUT_FILENO, options, result.output);
  plan.error = open_stream(options.error, STDERR_FILENO, options, result.error);
  plan.max_memory = options.max_memory_bytes;
  plan.death_signal = options.death_signal;
  plan.nice = options.nice;
  plan.parent = ::getpid();
  return plan;
}

[[noreturn]] void fail(const Plan& plan, Stage stage) {
  const Failure failure{stage, errno};
  // A pipe takes so few bytes whole or not at all; without them the parent sees a child that ended with 127.
  (void)!::write(plan.report.get(), &failure, sizeof failure);
  ::_exit(127);
}

void forget_signals() {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &standard, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// In the child: calls that are safe after fork() only.
[[noreturn]] void become(const Plan& plan) {
  ::setpgid(0, 0);
  forget_signals();
  if (plan.death_signal != 0) {
    ::prctl(PR_SET_PDEATHSIG, plan.death_signal);
    // It died before the line above.
    if (::getppid() != plan.parent) ::_exit(127);
  }
  if (::dup2(plan.null_device.get(), 0) < 0 || ::dup2(plan.output.get(), 1) < 0 || ::dup2(plan.error.get(), 2) < 0) {
    fail(plan, Stage::Streams);
  }
  // Libraries open files without O_CLOEXEC; kernels before 5.11 do not know the call, where those stay open.
  ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
  if (!plan.folder.empty() && ::chdir(plan.folder.c_str()) != 0) fail(plan, Stage::Folder);
  if (plan.nice != 0) ::setpriority(PRIO_PROCESS, 0, ::getpriority(PRIO_PROCESS, 0) + plan.nice);
  if (plan.max_memory != 0) {
    const rlimit limit{plan.max_memory, plan.max_memory};
    if (::setrlimit(RLIMIT_DATA, &limit) != 0) fail(plan, Stage::Memory);
  }
  ::execve(plan.program.c_str(), plan.argv.data(), plan.envp.data());
  fail(plan, Stage::Program);
}

Error failure_error(const Plan& plan, const Failure& failure) {
  switch (failure.stage) {
    case Stage::Folder:
      return error_from_errno(failure.error, fmt::format("start {} in the folder {}", plan.program, plan.folder));
    case Stage::Memory:
      return error_from_errno(failure.error, fmt::format("limit the memory of {} to {}", plan.program,
                                                         human_bytes(static_cast<double>(plan.max_memory))));
    case Stage::Streams:
      return error_from_errno(failure.error, fmt::format("connect the output of {}", plan.program));
    case Stage::Program:
      if (failure.error == ENOEXEC) {
        return {ErrorCode::FailedPrecondition, fmt::format("{} is no program that this machine can run", plan.program)};
      }
      return error_from_errno(failure.error, fmt::format("run {}", plan.program));
  }
  return {ErrorCode::Internal, fmt::format("starting {} failed", plan.program)};
}

// Returns once the child runs its program; throws when it cannot.
void await_program(const Plan& plan, pid_t pid, int report) {
  Failure failure{};
  ssize_t got = 0;
  do {
    got = ::read(report, &failure, sizeof failure);
  } while (got < 0 && errno == EINTR);
  if (got != sizeof failure) return;
  rusage usage{};
  ChildRegistry::instance().reap(pid, usage);
  throw failure_error(plan, failure);
}

}  // namespace

Spawned spawn(const ChildOptions& options) {
  Spawned result;
  Plan plan = make_plan(options, result);
  auto [reading, writing] = make_pipe();
  plan.report = std::move(writing);
  SpawnThread::instance().run([&] {
    result.pid = ChildRegistry::instance().fork_registered();
    if (result.pid == 0) become(plan);
    if (result.pid < 0) throw error_from_errno(errno, fmt::format("start {}", plan.program));
  });
  // As the child does, so that a signal to the group finds it whoever comes first.
  ::setpgid(result.pid, result.pid);
  plan.report.reset();
  await_program(plan, result.pid, reading.get());
  return result;
}

}  // namespace animalctl::process
