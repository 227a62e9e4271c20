#include "console/log_stream.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"

namespace animalctl::console {
namespace {

constexpr int kRetryMs = 500;

struct LogBytes {
  std::string bytes;
  std::uint64_t from = 0;
};

// At most `most` bytes after `from`.
LogBytes read_bytes(const std::filesystem::path& file, std::uint64_t from, std::size_t most) {
  LogBytes result{"", from};
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0) {
    if (errno == ENOENT) return {"", 0};
    throw error_from_errno(errno, fmt::format("read {}", file.string()));
  }
  struct stat facts {};
  ::fstat(descriptor, &facts);
  const auto size = static_cast<std::uint64_t>(S_ISREG(facts.st_mode) ? facts.st_size : 0);
  if (result.from > size) result.from = 0;
  result.bytes.resize(static_cast<std::size_t>(std::min<std::uint64_t>(size - result.from, most)));
  const ssize_t got = ::pread(descriptor, result.bytes.data(), result.bytes.size(), static_cast<off_t>(result.from));
  ::close(descriptor);
  result.bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return result;
}

void pause(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, time, [] { return false; });
}

std::string valid_utf8(const std::string& bytes) {
  const std::string quoted = nlohmann::json(bytes).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return nlohmann::json::parse(quoted).get<std::string>();
}

}  // namespace

LogPart read_log(const std::filesystem::path& file, std::uint64_t from, const LogWait& wait,
                 const std::stop_token& stop) {
  const auto deadline = std::chrono::steady_clock::now() + wait.longest;
  while (true) {
    // Asked before the file is read: what was written before the end is then read for certain.
    const bool over = wait.is_over && wait.is_over();
    LogBytes found = read_bytes(file, from, wait.most_bytes);
    const bool full = found.bytes.size() == wait.most_bytes;
    if (!over) {
      // Half a line waits for its other half, unless it alone is larger than a part.
      const std::size_t lines = found.bytes.rfind('\n') + 1;
      if (lines > 0 || !full) found.bytes.resize(lines);
    }
    const std::uint64_t next = found.from + found.bytes.size();
    const bool gone = stop.stop_requested() || (wait.reader_is_there && !wait.reader_is_there());
    if (!found.bytes.empty() || over || gone || std::chrono::steady_clock::now() >= deadline) {
      return {valid_utf8(found.bytes), next, over && !full};
    }
    pause(wait.look_every, stop);
  }
}

std::string log_events(const LogPart& part) {
  std::string events = fmt::format("retry: {}\n", kRetryMs);
  if (!part.text.empty()) {
    // As JSON it is one line, whatever line ends the text has.
    events += fmt::format("event: log\nid: {}\ndata: {}\n\n", part.next, nlohmann::json(part.text).dump());
  }
  if (part.complete) events += fmt::format("event: end\nid: {}\ndata: {}\n\n", part.next, part.next);
  // Without an event the reader hears that the server is there.
  if (part.text.empty() && !part.complete) events += ": nothing new\n\n";
  return events;
}

}  // namespace animalctl::console
