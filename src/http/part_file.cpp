#include "http/part_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <utility>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/json.h"

namespace animalctl::http {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kMaxOriginBytes = 1 << 16;

fs::path with_suffix(const fs::path& path, const char* suffix) {
  return fs::path(path.string() + suffix);
}

void remove_quietly(const fs::path& path) {
  std::error_code ignored;
  fs::remove(path, ignored);
}

void sync_folder_of(const fs::path& path) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  // Some file systems refuse fsync of a folder; the rename itself has happened.
  (void)::fsync(descriptor);
  ::close(descriptor);
}

Digest digest_of(int descriptor, const fs::path& path) {
  Sha256 computation;
  std::array<std::byte, 1 << 16> buffer;
  off_t offset = 0;
  while (true) {
    const ssize_t count = ::pread(descriptor, buffer.data(), buffer.size(), offset);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw error_from_errno(errno, fmt::format("read {}", path.string()));
    if (count == 0) return computation.finish();
    computation.update(std::span(buffer).first(static_cast<std::size_t>(count)));
    offset += count;
  }
}

}  // namespace

PartFile::PartFile(fs::path target)
    : target_(std::move(target)),
      path_(with_suffix(target_, ".part")),
      origin_path_(with_suffix(target_, ".part.json")) {
  if (target_.has_parent_path()) create_folders(target_.parent_path());
  open_and_lock();
}

PartFile::~PartFile() {
  if (exists_ && size_ == 0) discard();
  if (descriptor_ >= 0) ::close(descriptor_);
}

void PartFile::open_and_lock() {
  while (true) {
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor_ < 0) throw error_from_errno(errno, fmt::format("write {}", path_.string()));
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      ::close(std::exchange(descriptor_, -1));
      throw Error(ErrorCode::Unavailable,
                  fmt::format("{} is being written by another process; wait for it or end it", path_.string()));
    }
    struct stat opened {};
    struct stat named {};
    if (::fstat(descriptor_, &opened) == 0 && ::stat(path_.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
        opened.st_dev == named.st_dev) {
      size_ = static_cast<std::uint64_t>(opened.st_size);
      exists_ = true;
      return;
    }
    // Between open and lock another process renamed the part to the target: what is open now is no part.
    ::close(std::exchange(descriptor_, -1));
  }
}

std::optional<PartOrigin> PartFile::origin() const {
  try {
    const nlohmann::json json = parse_json(read_text_file(origin_path_, kMaxOriginBytes), origin_path_.string());
    return PartOrigin{json.at("url").get<std::string>(), json.at("validator").get<std::string>()};
  } catch (const Error&) {
    return std::nullopt;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

void PartFile::restart(const PartOrigin& origin) {
  // In this order a crash between the steps leaves bytes without origin, never with a wrong one.
  remove_quietly(origin_path_);
  if (::ftruncate(descriptor_, 0) != 0) throw error_from_errno(errno, fmt::format("write {}", path_.string()));
  size_ = 0;
  const nlohmann::ordered_json json = {{"url", origin.url}, {"validator", origin.validator}};
  // A header may hold any byte; what is not UTF-8 is replaced and will simply not match.
  write_file_atomic(origin_path_, json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

void PartFile::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw error_from_errno(errno, fmt::format("write {}", path_.string()));
    size_ += static_cast<std::uint64_t>(count);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

Digest PartFile::digest() const {
  return digest_of(descriptor_, path_);
}

void PartFile::commit() {
  const bool done = ::fsync(descriptor_) == 0 && ::rename(path_.c_str(), target_.c_str()) == 0;
  if (!done) throw error_from_errno(errno, fmt::format("write {}", target_.string()));
  exists_ = false;
  remove_quietly(origin_path_);
  sync_folder_of(target_);
}

void PartFile::discard() {
  remove_quietly(origin_path_);
  remove_quietly(path_);
  exists_ = false;
}

Digest file_digest(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw error_from_errno(errno, fmt::format("read {}", path.string()));
  try {
    const Digest digest = digest_of(descriptor, path);
    ::close(descriptor);
    return digest;
  } catch (const Error&) {
    ::close(descriptor);
    throw;
  }
}

}  // namespace animalctl::http
