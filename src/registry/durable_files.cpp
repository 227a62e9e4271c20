#include "registry/durable_files.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <thread>
#include <vector>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"

namespace animalctl::registry {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 18;
constexpr std::chrono::milliseconds kLockPause{20};

class OpenFile {
 public:
  OpenFile(const fs::path& path, int flags) : path_(path), descriptor_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {
    if (descriptor_ < 0) fail((flags & O_ACCMODE) == O_RDONLY ? "read" : "write");
  }
  ~OpenFile() { ::close(descriptor_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  int get() const { return descriptor_; }

  [[noreturn]] void fail(const char* action) const {
    throw error_from_errno(errno, fmt::format("{} {}", action, path_.string()));
  }

  std::size_t read(std::span<char> buffer) const {
    while (true) {
      const ssize_t count = ::read(descriptor_, buffer.data(), buffer.size());
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR) fail("read");
    }
  }

  void write(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t count = ::write(descriptor_, text.data(), text.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail("write");
      text.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  void sync() const {
    if (::fsync(descriptor_) != 0) fail("write");
  }

 private:
  const fs::path& path_;
  int descriptor_;
};

void require_regular(const OpenFile& file, const fs::path& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) file.fail("read");
  if (S_ISREG(status.st_mode)) return;
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("{} is no regular file, which a version's files are", path.string()));
}

template <typename Visit>
VersionFile digest_file(const fs::path& path, Visit&& visit) {
  // O_NONBLOCK: opening a pipe must not wait for its writer.
  const OpenFile source(path, O_RDONLY | O_NONBLOCK);
  require_regular(source, path);
  VersionFile file;
  file.name = path.filename().string();
  Sha256 digest;
  std::vector<char> buffer(kChunk);
  for (std::size_t count = source.read(buffer); count > 0; count = source.read(buffer)) {
    const std::string_view part(buffer.data(), count);
    digest.update(part);
    visit(part);
    file.bytes += count;
  }
  file.sha256 = digest.finish();
  return file;
}

// Where the last whole line of an open file ends.
off_t end_of_lines(const OpenFile& file) {
  off_t end = ::lseek(file.get(), 0, SEEK_END);
  std::array<char, 4096> buffer{};
  while (end > 0) {
    const off_t begin = std::max<off_t>(0, end - static_cast<off_t>(buffer.size()));
    if (::lseek(file.get(), begin, SEEK_SET) < 0) file.fail("read");
    const std::size_t count = file.read(std::span(buffer.data(), static_cast<std::size_t>(end - begin)));
    const std::size_t newline = std::string_view(buffer.data(), count).rfind('\n');
    if (newline != std::string_view::npos) return begin + static_cast<off_t>(newline) + 1;
    end = begin;
  }
  return 0;
}

}  // namespace

WriterLock::WriterLock(const fs::path& folder, std::chrono::milliseconds timeout) {
  const fs::path path = folder / ".lock";
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0) throw error_from_errno(errno, fmt::format("write {}", path.string()));
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    const int reason = errno;
    const bool wait = reason == EWOULDBLOCK && std::chrono::steady_clock::now() < deadline;
    if (!wait && reason != EINTR) {
      ::close(descriptor_);
      if (reason != EWOULDBLOCK) throw error_from_errno(reason, fmt::format("lock {}", path.string()));
      throw Error(ErrorCode::Unavailable,
                  fmt::format("another program has been writing in {} for more than {} ms; try again when it is done",
                              folder.string(), timeout.count()));
    }
    if (wait) std::this_thread::sleep_for(kLockPause);
  }
}

WriterLock::~WriterLock() {
  ::close(descriptor_);
}

VersionFile copy_durably(const fs::path& source, const fs::path& target) {
  const OpenFile copy(target, O_WRONLY | O_CREAT | O_EXCL);
  VersionFile file = digest_file(source, [&](std::string_view part) { copy.write(part); });
  copy.sync();
  file.name = target.filename().string();
  return file;
}

VersionFile examine_file(const fs::path& path) {
  return digest_file(path, [](std::string_view) {});
}

void append_line_durably(const fs::path& path, std::string_view line) {
  const OpenFile file(path, O_RDWR | O_CREAT);
  const off_t end = end_of_lines(file);
  if (::ftruncate(file.get(), end) != 0 || ::lseek(file.get(), end, SEEK_SET) != end) file.fail("write");
  file.write(line);
  file.sync();
}

void sync_folder_durably(const fs::path& folder) {
  const OpenFile opened(folder, O_RDONLY | O_DIRECTORY);
  // Some file systems refuse fsync of a folder (EINVAL); what was to be seen is seen already.
  if (::fsync(opened.get()) != 0 && errno != EINVAL) opened.fail("write");
}

}  // namespace animalctl::registry
