#include "animalctl/process/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <set>
#include <thread>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::process {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using test::contains;
using test::require_error;
using test::TemporaryFolder;

constexpr auto kPatience = 10s;

ChildOptions shell(const std::string& script) {
  ChildOptions options;
  options.arguments = {"/bin/sh", "-c", script};
  options.output = Stream::Pipe;
  return options;
}

// Everything that is written to a pipe until its last writer has gone.
std::string read_to_end(int pipe) {
  std::string text;
  const auto deadline = steady_clock::now() + kPatience;
  while (steady_clock::now() < deadline) {
    pollfd ready{pipe, POLLIN, 0};
    ::poll(&ready, 1, 100);
    char buffer[4096];
    const ssize_t count = ::read(pipe, buffer, sizeof buffer);
    if (count == 0) return text;
    if (count > 0) text.append(buffer, static_cast<std::size_t>(count));
  }
  FAIL("the pipe was not closed");
  return text;
}

std::string output_of(const ChildOptions& options) {
  ChildProcess child(options);
  std::string text = read_to_end(child.output_pipe());
  CHECK(child.wait().code == 0);
  return text;
}

// One line from a pipe that stays open: what a child prints when it is ready.
std::string read_line(int pipe) {
  std::string text;
  const auto deadline = steady_clock::now() + kPatience;
  while (steady_clock::now() < deadline) {
    pollfd ready{pipe, POLLIN, 0};
    ::poll(&ready, 1, 100);
    char letter = 0;
    if (::read(pipe, &letter, 1) != 1) continue;
    if (letter == '\n') return text;
    text += letter;
  }
  FAIL("no line came");
  return text;
}

bool is_alive(int pid) {
  return ::kill(pid, 0) == 0;
}

TEST_CASE("A child runs with the arguments, environment and folder that it is given") {
  const TemporaryFolder folder;
  ::setenv("ANIMALCTL_TEST_TAKEN_AWAY", "1", 1);
  ChildOptions options = shell(R"(pwd; echo "$0|$1|$COLOUR|${ANIMALCTL_TEST_TAKEN_AWAY-none}|$HOME")");
  options.arguments.insert(options.arguments.end(), {"a b", "c\"d"});
  options.environment = {{"COLOUR", "green"}, {"ANIMALCTL_TEST_TAKEN_AWAY", std::nullopt}, {"HOME", "/nowhere"}};
  options.folder = folder.path();
  CHECK(output_of(options) == std::filesystem::canonical(folder.path()).string() + "\na b|c\"d|green|none|/nowhere\n");
  ::unsetenv("ANIMALCTL_TEST_TAKEN_AWAY");
}

TEST_CASE("A program without a slash is looked up in PATH") {
  ChildOptions options = shell("echo found");
  options.arguments[0] = "sh";
  CHECK(output_of(options) == "found\n");
}

TEST_CASE("The exit code and the signal that ended a child are told apart") {
  ChildProcess three(shell("exit 3"));
  const ChildEnd ended = three.wait();
  CHECK(ended.code == 3);
  CHECK(ended.signal == 0);
  CHECK_FALSE(ended.succeeded());
  CHECK(ended.words() == "exit code 3");

  ChildProcess killed(shell("kill -SEGV $$"));
  const ChildEnd signalled = killed.wait();
  CHECK(signalled.code == 128 + SIGSEGV);
  CHECK(signalled.signal == SIGSEGV);
  CHECK(signalled.words() == "killed by signal 11 (Segmentation fault)");
}

TEST_CASE("What a child used is known at its end") {
  ChildProcess child(shell("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"));
  const ChildEnd end = child.wait();
  CHECK(end.max_memory_bytes > 100'000);
  CHECK(end.cpu >= 0ms);
  CHECK(end.ran >= end.cpu / 4);
  CHECK(child.ended().has_value());
}

TEST_CASE("A program that cannot be started is an error and not an exit code") {
  const TemporaryFolder folder;
  const auto start = [](const ChildOptions& options) { return [options] { const ChildProcess child(options); }; };
  ChildOptions options;
  require_error(ErrorCode::InvalidArgument, "no program is named", start(options));
  options.arguments = {"animalctl-is-no-such-program"};
  require_error(ErrorCode::NotFound, "animalctl-is-no-such-program", start(options));
  options.arguments = {(folder / "missing").string()};
  require_error(ErrorCode::NotFound, "missing", start(options));

  write_file_atomic(folder / "text", std::string_view("no program"));
  options.arguments = {(folder / "text").string()};
  require_error(ErrorCode::FailedPrecondition, "run", start(options));
  std::filesystem::permissions(folder / "text", std::filesystem::perms::owner_all);
  require_error(ErrorCode::FailedPrecondition, "no program that this machine can run", start(options));

  options = shell("exit 0");
  options.folder = folder / "gone";
  require_error(ErrorCode::NotFound, "gone", start(options));
  options = shell("exit 0");
  options.environment = {{"A=B", "1"}};
  require_error(ErrorCode::InvalidArgument, "A=B", start(options));
  options = shell("exit 0");
  options.output = Stream::File;
  require_error(ErrorCode::InvalidArgument, "no log file", start(options));
}

TEST_CASE("Both streams of a child can be appended to one file") {
  const TemporaryFolder folder;
  ChildOptions options = shell("echo out; echo err >&2");
  options.output = options.error = Stream::File;
  options.log_file = folder / "logs/step.log";
  for (int i = 0; i < 2; ++i) CHECK(ChildProcess(options).wait().code == 0);
  CHECK(read_text_file(options.log_file) == "out\nerr\nout\nerr\n");
}

TEST_CASE("A child has no input, and no descriptor of ours") {
  const int own = ::fcntl(STDIN_FILENO, F_DUPFD, 50);  // deliberately without F_DUPFD_CLOEXEC
  REQUIRE(own >= 50);
  const std::string number = std::to_string(own);
  REQUIRE(std::filesystem::exists("/proc/self/fd/" + number));
  CHECK(output_of(shell("readlink /proc/$$/fd/0; [ -e /proc/$$/fd/" + number + " ] || echo gone")) ==
        "/dev/null\ngone\n");
  ::close(own);
}

TEST_CASE("A child's signals are as at the start of a program, whatever is blocked here") {
  sigset_t blocked;
  sigset_t before;
  sigfillset(&blocked);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  ChildProcess child(shell("echo ready; sleep 60"));
  read_line(child.output_pipe());
  const ChildEnd end = child.terminate(kPatience);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  CHECK(end.signal == SIGTERM);
  CHECK(end.stopped);
}

TEST_CASE("A child that does not end when asked to is killed after the grace") {
  ChildProcess child(shell("trap '' TERM; echo ready; while :; do sleep 0.05; done"));
  read_line(child.output_pipe());
  const auto start = steady_clock::now();
  const ChildEnd end = child.terminate(100ms);
  CHECK(steady_clock::now() - start >= 100ms);
  CHECK(end.signal == SIGKILL);
}

TEST_CASE("A child that ends by itself when asked to says how") {
  ChildProcess child(shell("trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done"));
  read_line(child.output_pipe());
  const ChildEnd end = child.terminate(kPatience);
  CHECK(end.code == 7);
  CHECK(end.stopped);
}

TEST_CASE("A child is ended when its time is up") {
  ChildOptions options = shell("sleep 60");
  options.time_limit = 50ms;
  ChildProcess child(options);
  const ChildEnd end = child.wait({}, kPatience);
  CHECK(end.timed_out);
  CHECK_FALSE(end.stopped);
  CHECK_FALSE(end.succeeded());
  CHECK(end.ran >= 50ms);
  CHECK(contains(end.words(), "time limit"));
}

TEST_CASE("Waiting ends a child when a stop is requested") {
  std::stop_source source;
  ChildProcess child(shell("echo ready; sleep 60"));
  read_line(child.output_pipe());
  CHECK_FALSE(child.wait_until(steady_clock::now()).has_value());
  std::thread stopper([&] { source.request_stop(); });
  const ChildEnd end = child.wait(source.get_token(), kPatience);
  stopper.join();
  CHECK(end.stopped);
  CHECK_FALSE(end.timed_out);
  CHECK(end.signal == SIGTERM);
}

TEST_CASE("More memory than allowed is refused to a child") {
  // The awk program doubles a string until it has 1 GiB.
  ChildOptions options;
  options.arguments = {"awk", "BEGIN { s = \"x\"; while (length(s) < 1073741824) s = s s }"};
  options.error = Stream::Discard;
  options.max_memory_bytes = 64 << 20;
  ChildProcess child(options);
  const ChildEnd end = child.wait();
  CHECK(end.code != 0);
  // The kernel counts the moment between fork and exec, when the child is still a copy of this process.
  rusage own{};
  ::getrusage(RUSAGE_SELF, &own);
  CHECK(end.max_memory_bytes < (std::uint64_t{128} << 20) + static_cast<std::uint64_t>(own.ru_maxrss) * 1024);
}

TEST_CASE("A child can be given a higher niceness") {
  ChildOptions options = shell("nice");
  const std::string own = output_of(options);
  options.nice = 3;
  CHECK(std::stoi(output_of(options)) == std::min(std::stoi(own) + 3, 19));
}

TEST_CASE("What a child started is ended with it") {
  ChildProcess child(shell("sleep 60 & echo $!; exit 0"));
  read_line(child.output_pipe());
  CHECK(child.wait().code == 0);
  // It belongs to init now, which reaps it when it wants to; the pipe's end says that it has gone.
  CHECK(read_to_end(child.output_pipe()).empty());
}

TEST_CASE("A child that still runs ends with its object") {
  int pid = 0;
  {
    ChildProcess child(shell("sleep 60"));
    pid = child.pid();
    CHECK(is_alive(pid));
    ChildProcess moved(std::move(child));
    CHECK(moved.pid() == pid);
    CHECK_FALSE(moved.ended().has_value());
  }
  CHECK_FALSE(is_alive(pid));
}

TEST_CASE("A child outlives the thread that started it") {
  std::optional<ChildProcess> child;
  std::thread([&] { child.emplace(shell("echo ready; sleep 60")); }).join();
  CHECK(read_line(child->output_pipe()) == "ready");
  CHECK_FALSE(child->wait_until(steady_clock::now() + 50ms).has_value());
}

// Run by the test below as a program of its own: starts a child, says which, and dies.
TEST_CASE("dying parent", "[.dying-parent]") {
  const ChildProcess child(shell("echo ready; sleep 60"));
  read_line(child.output_pipe());
  const std::string line = std::to_string(child.pid()) + "\n";
  REQUIRE(::write(STDOUT_FILENO, line.data(), line.size()) > 0);
  ::kill(::getpid(), SIGKILL);
}

TEST_CASE("A child is killed when the program that started it dies") {
  ChildOptions options;
  options.arguments = {own_executable().string(), "[.dying-parent]"};
  options.output = Stream::Pipe;
  ChildProcess program(options);
  const std::string pid = read_line(program.output_pipe());
  CHECK(program.wait().signal == SIGKILL);
  // Its new parent may leave it as a zombie: state Z is dead.
  const auto is_dead = [&] {
    std::ifstream stat("/proc/" + pid + "/stat");
    std::string line;
    return !std::getline(stat, line) || contains(line, ") Z ");
  };
  const auto deadline = steady_clock::now() + kPatience;
  while (!is_dead() && steady_clock::now() < deadline) std::this_thread::yield();
  CHECK(is_dead());
}

TEST_CASE("Orphans are reaped, children are left to their owners") {
  int was = 0;
  ::prctl(PR_GET_CHILD_SUBREAPER, &was);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ChildProcess running(shell("echo ready; sleep 60"));
  read_line(running.output_pipe());
  // Its own session: it is not ended with the child's group, and becomes ours when the child has ended.
  ChildProcess child(shell("setsid sh -c 'exit 0' & exit 5"));
  CHECK(child.wait().code == 5);
  int reaped = 0;
  const auto deadline = steady_clock::now() + kPatience;
  while (reaped == 0 && steady_clock::now() < deadline) reaped = reap_orphans();
  CHECK(reaped == 1);
  CHECK(reap_orphans() == 0);
  CHECK_FALSE(running.ended().has_value());
  ::prctl(PR_SET_CHILD_SUBREAPER, was);
}

TEST_CASE("Many children start and end at once") {
  std::vector<ChildProcess> children;
  std::set<int> pids;
  for (int i = 0; i < 30; ++i) {
    children.emplace_back(shell("exit " + std::to_string(i)));
    pids.insert(children.back().pid());
  }
  for (int i = 0; i < 30; ++i) CHECK(children[static_cast<std::size_t>(i)].wait().code == i);
  CHECK(pids.size() == 30);
}

TEST_CASE("The running program knows its own file") {
  CHECK(std::filesystem::equivalent(own_executable(), "/proc/self/exe"));
}

}  // namespace
}  // namespace animalctl::process
