#include "train/prepared_cache.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/log.h"

namespace animalctl {
namespace fs = std::filesystem;
namespace {

constexpr char kMagic[8] = {'A', 'N', 'I', 'M', 'P', 'R', 'E', 'P'};
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kNameBytes = 48;
constexpr std::size_t kBlockBytes = std::size_t{1} << 20;
constexpr std::size_t kPendingBytes = std::size_t{8} << 20;

struct FileHeader {
  char magic[8];
  std::uint32_t version;
  std::uint32_t record_bytes;
  char preparation[kNameBytes];
};
static_assert(sizeof(FileHeader) == 64);

struct RecordHeader {
  std::uint8_t digest[32];
  std::uint64_t checksum;  // XXH3-64 of the payload, seeded with the digest's prefix
};
static_assert(sizeof(RecordHeader) == 40);

FileHeader make_header(const std::string& preparation, std::size_t record_bytes) {
  FileHeader header{};
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  header.version = kVersion;
  header.record_bytes = static_cast<std::uint32_t>(record_bytes);
  preparation.copy(header.preparation, kNameBytes - 1);
  return header;
}

std::uint64_t checksum(const Digest& digest, const std::uint8_t* pixels, std::size_t size) {
  return XXH3_64bits_withSeed(pixels, size, digest.prefix());
}

}  // namespace

PreparedCache::PreparedCache(const fs::path& folder, const std::string& preparation, std::size_t record_bytes)
    : record_bytes_(record_bytes), stride_((sizeof(RecordHeader) + record_bytes + 7) / 8 * 8) {
  if (folder.empty()) return;
  path_ = folder / "prepared" / (preparation + ".cache");
  try {
    create_folders(path_.parent_path());
    open_file(path_, preparation);
  } catch (const Error& error) {
    give_up(error.message());
  }
}

PreparedCache::~PreparedCache() {
  flush();
  if (mapped_ != nullptr) ::munmap(const_cast<std::byte*>(mapped_), mapped_bytes_);
  if (descriptor_ >= 0) ::close(descriptor_);
}

void PreparedCache::open_file(const fs::path& path, const std::string& preparation) {
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0) throw error_from_errno(errno, fmt::format("open the cache {}", path.string()));
  const bool writer = ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0;
  if (!map_records(preparation)) {
    if (!writer) {
      ::close(std::exchange(descriptor_, -1));
      return;
    }
    // A new file under the same name: a process that has the old one mapped keeps it.
    const FileHeader header = make_header(preparation, record_bytes_);
    write_file_atomic(path, {reinterpret_cast<const std::byte*>(&header), sizeof(header)});
    ::close(std::exchange(descriptor_, ::open(path.c_str(), O_RDWR | O_CLOEXEC)));
    if (descriptor_ < 0 || ::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      throw Error(ErrorCode::Unavailable, fmt::format("the cache {} is in use", path.string()));
    }
  }
  if (!writer) ::close(std::exchange(descriptor_, -1));
}

// Maps the whole records of the file; false when the file is new or of another version.
bool PreparedCache::map_records(const std::string& preparation) {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0 || status.st_size == 0) return false;
  const auto size = static_cast<std::size_t>(status.st_size);
  FileHeader header{};
  const FileHeader expected = make_header(preparation, record_bytes_);
  if (::pread(descriptor_, &header, sizeof(header), 0) != static_cast<ssize_t>(sizeof(header)) ||
      std::memcmp(&header, &expected, sizeof(header)) != 0) {
    log::warning("the cache of decoded images is of another version or damaged; it is built anew",
                 {{"file", path_.string()}});
    return false;
  }
  const std::size_t records = (size - sizeof(header)) / stride_;
  if (records == 0) return true;
  mapped_bytes_ = sizeof(header) + records * stride_;
  void* const address = ::mmap(nullptr, mapped_bytes_, PROT_READ, MAP_SHARED, descriptor_, 0);
  if (address == MAP_FAILED) throw error_from_errno(errno, fmt::format("map the cache {}", path_.string()));
  mapped_ = static_cast<const std::byte*>(address);
  index_.reserve(records);
  unverified_.reserve(records);
  for (std::size_t i = 0; i < records; ++i) {
    const std::byte* const record = mapped_ + sizeof(header) + i * stride_;
    RecordHeader found;
    std::memcpy(&found, record, sizeof(found));
    Digest digest;
    std::copy(std::begin(found.digest), std::end(found.digest), digest.bytes.begin());
    // A later record of the same image wins: the earlier one was damaged.
    index_[digest] = reinterpret_cast<const std::uint8_t*>(record + sizeof(RecordHeader));
    unverified_[digest] = found.checksum;
  }
  return true;
}

const std::uint8_t* PreparedCache::find(const Digest& digest) const {
  const std::lock_guard lock(mutex_);
  const auto entry = index_.find(digest);
  if (entry == index_.end()) return nullptr;
  const auto unverified = unverified_.find(digest);
  if (unverified != unverified_.end()) {
    const bool sound = unverified->second == checksum(digest, entry->second, record_bytes_);
    unverified_.erase(unverified);
    if (!sound) {
      index_.erase(entry);
      return nullptr;
    }
  }
  return entry->second;
}

const std::uint8_t* PreparedCache::add(const Digest& digest, std::span<const std::uint8_t> pixels) {
  const std::lock_guard lock(mutex_);
  if (const auto entry = index_.find(digest); entry != index_.end()) return entry->second;
  if (block_free_ < record_bytes_) {
    block_free_ = std::max(kBlockBytes, record_bytes_);
    blocks_.push_back(std::make_unique_for_overwrite<std::uint8_t[]>(block_free_));
  }
  const std::size_t block_size = std::max(kBlockBytes, record_bytes_);
  std::uint8_t* const target = blocks_.back().get() + (block_size - block_free_);
  block_free_ -= record_bytes_;
  std::memcpy(target, pixels.data(), record_bytes_);
  index_[digest] = target;

  if (descriptor_ >= 0) {
    RecordHeader header{};
    std::copy(digest.bytes.begin(), digest.bytes.end(), header.digest);
    header.checksum = checksum(digest, target, record_bytes_);
    const std::size_t begin = pending_.size();
    pending_.resize(begin + stride_);
    std::memcpy(pending_.data() + begin, &header, sizeof(header));
    std::memcpy(pending_.data() + begin + sizeof(header), target, record_bytes_);
    if (pending_.size() >= kPendingBytes) write_pending();
  }
  return target;
}

void PreparedCache::flush() {
  const std::lock_guard lock(mutex_);
  write_pending();
}

void PreparedCache::write_pending() {
  if (descriptor_ < 0 || pending_.empty()) return;
  // Records begin at whole strides: a record that was cut off by a crash is overwritten.
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) return give_up(error_from_errno(errno, "read the cache's size").message());
  const std::size_t records = (static_cast<std::size_t>(status.st_size) - sizeof(FileHeader)) / stride_;
  std::size_t offset = sizeof(FileHeader) + records * stride_;
  std::size_t written = 0;
  while (written < pending_.size()) {
    const ssize_t count = ::pwrite(descriptor_, pending_.data() + written, pending_.size() - written,
                                   static_cast<off_t>(offset + written));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0)
      return give_up(error_from_errno(errno, fmt::format("write the cache {}", path_.string())).message());
    written += static_cast<std::size_t>(count);
  }
  pending_.clear();
}

void PreparedCache::give_up(const std::string& why) {
  log::warning("decoded images are not kept for the next run", {{"reason", why}});
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  pending_.clear();
}

}  // namespace animalctl
