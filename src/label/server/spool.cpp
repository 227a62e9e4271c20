#include "label/server/spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "animalctl/base/error.h"

namespace animalctl::label {
namespace {

int open_nameless() {
  const std::filesystem::path folder = std::filesystem::temp_directory_path();
  const int file = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file >= 0) return file;
  // A file system without O_TMPFILE.
  std::string name = (folder / "animalctl-export-XXXXXX").string();
  const int named = ::mkostemp(name.data(), O_CLOEXEC);
  if (named < 0) throw error_from_errno(errno, "make a temporary file in " + folder.string());
  ::unlink(name.c_str());
  return named;
}

}  // namespace

Spool::~Spool() {
  if (file_ >= 0) ::close(file_);
}

void Spool::write(std::string_view bytes) {
  buffer_.append(bytes);
  if (buffer_.size() > in_memory_) flush();
}

void Spool::flush() {
  if (file_ < 0) file_ = open_nameless();
  std::string_view left = buffer_;
  while (!left.empty()) {
    const ssize_t count = ::write(file_, left.data(), left.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw error_from_errno(errno, "write the temporary file of an export");
    left.remove_prefix(static_cast<std::size_t>(count));
  }
  file_bytes_ += buffer_.size();
  buffer_.clear();
}

void Spool::hand_over(http::Response& response) {
  if (file_ < 0) {
    response.body = std::move(buffer_);
    return;
  }
  flush();
  response.file = std::make_shared<const http::FileBody>(std::exchange(file_, -1), file_bytes_);
}

}  // namespace animalctl::label
