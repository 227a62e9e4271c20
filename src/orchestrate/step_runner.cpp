#include "orchestrate/step_runner.h"

#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <thread>
#include <utility>

#include "animalctl/base/error.h"
#include "animalctl/base/text.h"
#include "animalctl/process/child_process.h"

namespace animalctl::orchestrate {
namespace {

// A report of millions of findings is no result.
constexpr std::size_t kMaxOutput = std::size_t{64} << 20;
constexpr std::size_t kTailBytes = 600;

// Reads a pipe to its end; bytes over the limit are read and dropped, so that the child never waits.
void read_pipe(int descriptor, std::string& text, const std::stop_token& stop) {
  std::array<char, 65536> buffer{};
  pollfd waiting{descriptor, POLLIN, 0};
  while (true) {
    const ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
    if (count > 0) {
      if (text.size() < kMaxOutput) text.append(buffer.data(), static_cast<std::size_t>(count));
    } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
      return;
    } else {
      // A grandchild may hold the pipe open when the child has gone.
      if (stop.stop_requested()) return;
      (void)::poll(&waiting, 1, 50);
    }
  }
}

ErrorCode code_of(const process::ChildEnd& end) {
  if (end.timed_out) return ErrorCode::DeadlineExceeded;
  if (end.signal != 0) return ErrorCode::ResourceExhausted;
  if (end.code == 2) return ErrorCode::InvalidArgument;
  if (end.code == 3) return ErrorCode::FailedPrecondition;
  return ErrorCode::Unavailable;
}

}  // namespace

StepRunner::StepRunner(StepSettings settings, std::filesystem::path program)
    : settings_(std::move(settings)), program_(program.empty() ? process::own_executable() : std::move(program)) {}

std::vector<std::string> StepRunner::full_command(const std::vector<std::string>& arguments) const {
  std::vector<std::string> command = {program_.string()};
  if (!settings_.settings_file.empty()) command.insert(command.end(), {"--config", settings_.settings_file});
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

StepOutput StepRunner::run(const StepCommand& command, const std::stop_token& stop) {
  process::ChildOptions options;
  options.arguments = full_command(command.arguments);
  options.output = process::Stream::Pipe;
  options.error = process::Stream::File;
  options.log_file = command.log_file;
  options.time_limit = settings_.time_limit;
  options.max_memory_bytes = static_cast<std::uint64_t>(settings_.memory_mib) << 20;
  options.nice = settings_.nice;
  StepOutput output;
  process::ChildProcess child(options);
  process::ChildEnd end;
  {
    std::jthread reader([&](const std::stop_token& ended) { read_pipe(child.output_pipe(), output.text, ended); });
    end = child.wait(stop);
  }
  output.exit_code = end.code;
  if (stop.stop_requested() && (end.stopped || end.code == 130 || end.code == 143)) {
    throw Error(ErrorCode::Cancelled, fmt::format("stopped during {}", command.arguments.front()));
  }
  if (end.signal == 0 && !end.timed_out && command.accepted.contains(end.code)) return output;
  const std::string last = tail_of(command.log_file, kTailBytes);
  throw Error(code_of(end), fmt::format("{} failed: {}{}{}", command.arguments.front(), end.words(),
                                        last.empty() ? "" : "; it said last: ", last));
}

std::string tail_of(const std::filesystem::path& file, std::size_t bytes) {
  std::ifstream stream(file, std::ios::binary | std::ios::ate);
  if (!stream) return "";
  const auto size = static_cast<std::size_t>(stream.tellg());
  const std::size_t wanted = std::min(size, bytes);
  stream.seekg(static_cast<std::streamoff>(size - wanted));
  std::string text(wanted, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(wanted));
  if (wanted < size) {
    const std::size_t line = text.find('\n');
    if (line != std::string::npos) text.erase(0, line + 1);
  }
  return std::string(trim(text));
}

}  // namespace animalctl::orchestrate
