#include "serve/rolling_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"

namespace animalctl::serve {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(int error_number, std::string_view action, const fs::path& path) {
  throw error_from_errno(error_number, fmt::format("{} {}", action, path.string()));
}

std::uint64_t size_of(int descriptor, const fs::path& path) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) fail(errno, "look at", path);
  return static_cast<std::uint64_t>(status.st_size);
}

}  // namespace

RollingFile::RollingFile(fs::path folder, std::string stem, std::uint64_t max_bytes)
    : folder_(std::move(folder)), stem_(std::move(stem)), max_bytes_(max_bytes) {}

RollingFile::~RollingFile() {
  close();
}

void RollingFile::append(const std::string& day, std::string_view lines) {
  if (lines.empty()) return;
  if (!open_file_is_in_place()) close();
  open_for(day, lines.size());
  write_all(lines);
  dirty_ = true;
}

void RollingFile::sync() {
  if (descriptor_ < 0 || !dirty_) return;
  dirty_ = false;
  if (::fdatasync(descriptor_) != 0) fail(errno, "make durable", path_);
}

// A deleted file takes writes without a word; they would be gone.
bool RollingFile::open_file_is_in_place() const {
  if (descriptor_ < 0) return false;
  struct stat opened {};
  struct stat named {};
  return ::fstat(descriptor_, &opened) == 0 && ::stat(path_.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

void RollingFile::open_for(const std::string& day, std::uint64_t coming) {
  if (descriptor_ < 0 || day != day_) {
    close();
    create_folders(folder_);
    open_number(day, std::max(1U, last_number(day)));
  }
  const std::uint64_t size = size_of(descriptor_, path_);
  if (size > 0 && size + coming > max_bytes_) {
    const unsigned next = number_ + 1;
    sync();
    close();
    open_number(day, next);
  }
}

void RollingFile::open_number(const std::string& day, unsigned number) {
  path_ = folder_ / fmt::format("{}-{}-{:04}.jsonl", stem_, day, number);
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  if (descriptor_ < 0) fail(errno, "open", path_);
  day_ = day;
  number_ = number;
  end_cut_line();
}

unsigned RollingFile::last_number(const std::string& day) const {
  const std::string begin = fmt::format("{}-{}-", stem_, day);
  unsigned last = 0;
  std::error_code failed;
  for (fs::directory_iterator entry(folder_, failed), end; !failed && entry != end; entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(begin) || !name.ends_with(".jsonl")) continue;
    unsigned number = 0;
    const char* const last_digit = name.data() + name.size() - std::string_view(".jsonl").size();
    const auto [rest, error] = std::from_chars(name.data() + begin.size(), last_digit, number);
    if (error == std::errc{} && rest == last_digit) last = std::max(last, number);
  }
  return last;
}

// A process that was killed while it wrote may have left half a line: it must not swallow the next one.
void RollingFile::end_cut_line() {
  const std::uint64_t size = size_of(descriptor_, path_);
  char last = '\n';
  if (size > 0 && ::pread(descriptor_, &last, 1, static_cast<off_t>(size - 1)) == 1 && last != '\n') write_all("\n");
}

void RollingFile::write_all(std::string_view lines) {
  const std::uint64_t before = size_of(descriptor_, path_);
  std::size_t written = 0;
  while (written < lines.size()) {
    const ssize_t count = ::write(descriptor_, lines.data() + written, lines.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int error_number = errno;
      // Nobody else appended in between: what is ours is taken back. Otherwise the next open ends the cut line.
      const bool alone = size_of(descriptor_, path_) == before + written;
      if (!alone || ::ftruncate(descriptor_, static_cast<off_t>(before)) != 0) close();
      fail(error_number, "write", path_);
    }
    written += static_cast<std::size_t>(count);
  }
}

void RollingFile::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  path_.clear();
  dirty_ = false;
}

}  // namespace animalctl::serve
