#include "dataset/bulk_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <fmt/core.h>

#include <cerrno>
#include <utility>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"

namespace animalctl {
namespace fs = std::filesystem;
namespace {

// A batch is what a crash can cost; larger ones gain nothing more.
constexpr std::size_t kBatch = 512;

void write_plain(const fs::path& path, const fs::path& target, std::span<const std::byte> bytes) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (descriptor < 0) throw error_from_errno(errno, fmt::format("write {}", target.string()));
  int failure = 0;
  while (!bytes.empty() && failure == 0) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      failure = errno;
    }
  }
  if (::close(descriptor) != 0 && failure == 0) failure = errno;
  if (failure != 0) {
    ::unlink(path.c_str());
    throw error_from_errno(failure, fmt::format("write {}", target.string()));
  }
}

// Another device, a file system without hard links, too many of them, or a file of another owner.
bool cannot_hard_link(int failure) {
  return failure == EXDEV || failure == EPERM || failure == EMLINK || failure == EOPNOTSUPP || failure == EACCES;
}

void sync_file_system(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) throw error_from_errno(errno, fmt::format("write into {}", folder.string()));
  const int failure = ::syncfs(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  if (failure != 0) throw error_from_errno(failure, fmt::format("write into {}", folder.string()));
}

}  // namespace

BulkWriter::BulkWriter(fs::path frames_dir, fs::path annotations_dir)
    : frames_dir_(std::move(frames_dir)), annotations_dir_(std::move(annotations_dir)) {
  create_folders(frames_dir_);
  create_folders(annotations_dir_);
}

BulkWriter::~BulkWriter() {
  for (const std::vector<Pending>* pending : {&frames_, &annotations_}) {
    for (const Pending& file : *pending) ::unlink(file.temporary.c_str());
  }
}

void BulkWriter::add_frame(const std::string& name, std::span<const std::byte> bytes) {
  const fs::path temporary = frames_dir_ / fmt::format(".animalctl-import-{}-{}.tmp", ::getpid(), named_++);
  write_plain(temporary, frames_dir_ / name, bytes);
  frames_.push_back({temporary, frames_dir_ / name});
}

void BulkWriter::link_frame(const std::string& name, const fs::path& source) {
  const fs::path temporary = frames_dir_ / fmt::format(".animalctl-import-{}-{}.tmp", ::getpid(), named_++);
  // A source that is itself a symbolic link is followed, so that the frame does not depend on it.
  const bool hard = ::linkat(AT_FDCWD, source.c_str(), AT_FDCWD, temporary.c_str(), AT_SYMLINK_FOLLOW) == 0;
  if (!hard) {
    int failure = errno;
    if (cannot_hard_link(failure)) {
      std::error_code code;
      const fs::path target = fs::canonical(source, code);
      failure = code ? code.value() : 0;
      if (!code && ::symlink(target.c_str(), temporary.c_str()) != 0) failure = errno;
    }
    if (failure != 0) {
      throw error_from_errno(failure, fmt::format("link {} to {}", (frames_dir_ / name).string(), source.string()));
    }
  }
  frames_.push_back({temporary, frames_dir_ / name});
}

void BulkWriter::add_annotation(const std::string& name, std::string_view text) {
  const fs::path temporary = annotations_dir_ / fmt::format(".animalctl-import-{}-{}.tmp", ::getpid(), named_++);
  write_plain(temporary, annotations_dir_ / name, as_byte_span(text));
  annotations_.push_back({temporary, annotations_dir_ / name});
  if (annotations_.size() >= kBatch) flush();
}

void BulkWriter::flush() {
  if (frames_.empty() && annotations_.empty()) return;
  sync_file_system(frames_dir_);
  sync_file_system(annotations_dir_);
  for (std::vector<Pending>* pending : {&frames_, &annotations_}) {
    for (Pending& file : *pending) {
      if (::rename(file.temporary.c_str(), file.target.c_str()) != 0) {
        throw error_from_errno(errno, fmt::format("write {}", file.target.string()));
      }
      file.temporary.clear();
    }
    pending->clear();
  }
  // The renames must be on disk before the next annotations can be.
  sync_file_system(frames_dir_);
  sync_file_system(annotations_dir_);
}

}  // namespace animalctl
