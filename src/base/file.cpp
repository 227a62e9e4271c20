#include "animalctl/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <utility>

#include <fmt/core.h>

#include "animalctl/base/error.h"

namespace animalctl {
namespace fs = std::filesystem;
namespace {

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }

 private:
  int value_;
};

template <typename Buffer>
Buffer read_all(const fs::path& path, std::uint64_t max_bytes) {
  const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (descriptor.get() < 0) throw error_from_errno(errno, fmt::format("read {}", path.string()));
  struct stat status {};
  if (::fstat(descriptor.get(), &status) != 0) throw error_from_errno(errno, fmt::format("read {}", path.string()));
  if (S_ISDIR(status.st_mode)) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("cannot read {}: it is a folder, a file is needed", path.string()));
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > max_bytes) {
    throw Error(ErrorCode::ResourceExhausted,
                fmt::format("cannot read {}: {} bytes, the limit is {}", path.string(), size, max_bytes));
  }
  Buffer buffer;
  // Pipes and /proc report size 0: one spare byte tells whether there is more than fstat said.
  buffer.resize(size + 1);
  std::size_t filled = 0;
  while (true) {
    if (filled == buffer.size()) {
      if (filled > max_bytes) {
        throw Error(ErrorCode::ResourceExhausted,
                    fmt::format("cannot read {}: over the limit of {} bytes", path.string(), max_bytes));
      }
      buffer.resize(buffer.size() * 2);
    }
    const ssize_t count = ::read(descriptor.get(), buffer.data() + filled, buffer.size() - filled);
    if (count < 0) {
      if (errno == EINTR) continue;
      throw error_from_errno(errno, fmt::format("read {}", path.string()));
    }
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  if (filled > max_bytes) {
    throw Error(ErrorCode::ResourceExhausted,
                fmt::format("cannot read {}: over the limit of {} bytes", path.string(), max_bytes));
  }
  buffer.resize(filled);
  return buffer;
}

fs::path temporary_name(const fs::path& target) {
  static std::atomic<unsigned> counter{0};
  // Hidden, so that no listing of frames or models ever shows it; not derived from the target's
  // whole name, which may already use all 255 bytes.
  return target.parent_path() / fmt::format(".animalctl-{}-{}.tmp", ::getpid(), counter.fetch_add(1));
}

}  // namespace

void sync_folder(const fs::path& folder) {
  const fs::path name = folder.empty() ? fs::path(".") : folder;
  const Descriptor descriptor(::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems refuse fsync of a folder (EINVAL); the rename itself has happened.
  if (descriptor.get() >= 0) (void)::fsync(descriptor.get());
}

Bytes read_file(const fs::path& path, std::uint64_t max_bytes) {
  return read_all<Bytes>(path, max_bytes);
}

std::string read_text_file(const fs::path& path, std::uint64_t max_bytes) {
  return read_all<std::string>(path, max_bytes);
}

AtomicFile::AtomicFile(fs::path target, unsigned int mode)
    : target_(std::move(target)), temporary_(temporary_name(target_)) {
  if (target_.has_parent_path()) create_folders(target_.parent_path());
  descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (descriptor_ < 0) throw error_from_errno(errno, fmt::format("write {}", target_.string()));
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0) {
      if (errno == EINTR) continue;
      throw error_from_errno(errno, fmt::format("write {}", target_.string()));
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void AtomicFile::write(std::string_view text) {
  write(as_byte_span(text));
}

void AtomicFile::commit() {
  sync();
  replace_target();
  sync_folder(target_.parent_path());
}

void AtomicFile::sync() {
  if (::fsync(descriptor_) != 0) throw error_from_errno(errno, fmt::format("write {}", target_.string()));
}

void AtomicFile::replace_target() {
  const int closed = ::close(std::exchange(descriptor_, -1));
  if (closed != 0) throw error_from_errno(errno, fmt::format("write {}", target_.string()));
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) {
    throw error_from_errno(errno, fmt::format("write {}", target_.string()));
  }
  temporary_.clear();
}

void write_file_atomic(const fs::path& target, std::span<const std::byte> bytes) {
  AtomicFile file(target);
  file.write(bytes);
  file.commit();
}

void write_file_atomic(const fs::path& target, std::string_view text) {
  write_file_atomic(target, as_byte_span(text));
}

void create_folders(const fs::path& folder) {
  std::error_code code;
  fs::create_directories(folder, code);
  if (code == std::errc::not_a_directory || code == std::errc::file_exists) {
    throw Error(ErrorCode::FailedPrecondition,
                fmt::format("cannot create the folder {}: a file of that name or of a parent's is in the way",
                            folder.string()));
  }
  if (code) throw error_from_errno(code.value(), fmt::format("create the folder {}", folder.string()));
  if (!fs::is_directory(folder, code)) {
    throw Error(ErrorCode::FailedPrecondition,
                fmt::format("cannot create the folder {}: a file of that name is in the way", folder.string()));
  }
}

std::span<const std::byte> as_byte_span(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace animalctl
