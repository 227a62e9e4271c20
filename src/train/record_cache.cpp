#include "train/record_cache.h"

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
namespace {

constexpr char kMagic[8] = {'A', 'N', 'I', 'M', 'C', 'A', 'C', 'H'};
constexpr std::uint32_t kRecordVersion = 2;
constexpr std::size_t kPurposeBytes = 112;
constexpr std::size_t kBlockBytes = std::size_t{1} << 20;
// Address space, not memory: what is appended appears in the mapping by itself.
constexpr std::size_t kReservedBytes = std::size_t{1} << 38;

struct FileHeader {
  char magic[8];
  std::uint32_t version;
  std::uint32_t record_bytes;
  char purpose[kPurposeBytes];
};
static_assert(sizeof(FileHeader) == 128);

struct RecordHeader {
  std::uint8_t digest[32];
  std::uint64_t checksum;  // XXH3-64 of the payload, seeded with the digest's prefix
};
static_assert(sizeof(RecordHeader) == 40);

FileHeader make_header(const std::string& purpose, std::size_t record_bytes) {
  FileHeader header{};
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  header.version = kRecordVersion;
  header.record_bytes = static_cast<std::uint32_t>(record_bytes);
  purpose.copy(header.purpose, kPurposeBytes - 1);
  return header;
}

std::uint64_t checksum(const Digest& digest, const std::uint8_t* record, std::size_t size) {
  return XXH3_64bits_withSeed(record, size, digest.prefix());
}

}  // namespace

RecordCache::RecordCache(std::filesystem::path file, const std::string& purpose, std::size_t record_bytes)
    : record_bytes_(record_bytes), file_(std::move(file)), stride_((sizeof(RecordHeader) + record_bytes + 7) / 8 * 8) {
  if (file_.empty()) return;
  try {
    create_folders(file_.parent_path());
    open_file(purpose);
  } catch (const Error& error) {
    give_up(error.message());
  }
}

RecordCache::~RecordCache() {
  if (mapped_ != nullptr) ::munmap(const_cast<std::byte*>(mapped_), mapped_bytes_);
  if (descriptor_ >= 0) ::close(descriptor_);
}

void RecordCache::open_file(const std::string& purpose) {
  descriptor_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0) throw error_from_errno(errno, fmt::format("open the cache {}", file_.string()));
  const bool writer = ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0;
  if (!map_records(purpose) && writer) {
    // A new file under the same name: a process that has the old one mapped keeps it.
    const FileHeader header = make_header(purpose, record_bytes_);
    write_file_atomic(file_, {reinterpret_cast<const std::byte*>(&header), sizeof(header)});
    ::close(std::exchange(descriptor_, ::open(file_.c_str(), O_RDWR | O_CLOEXEC)));
    if (descriptor_ < 0 || ::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      throw Error(ErrorCode::Unavailable, fmt::format("the cache {} is in use", file_.string()));
    }
    map_records(purpose);
  }
  if (!writer) ::close(std::exchange(descriptor_, -1));
}

// Maps the file and indexes its whole records; false when it is new or of another version or purpose.
bool RecordCache::map_records(const std::string& purpose) {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0 || status.st_size == 0) return false;
  const auto size = static_cast<std::size_t>(status.st_size);
  FileHeader header{};
  const FileHeader expected = make_header(purpose, record_bytes_);
  if (::pread(descriptor_, &header, sizeof(header), 0) != static_cast<ssize_t>(sizeof(header)) ||
      std::memcmp(&header, &expected, sizeof(header)) != 0) {
    log::warning("the cache is of another version or damaged; it is built anew", {{"file", file_.string()}});
    return false;
  }
  const std::size_t records = (size - sizeof(header)) / stride_;
  end_ = sizeof(header) + records * stride_;
  mapped_bytes_ = std::max(kReservedBytes, end_);
  void* address = ::mmap(nullptr, mapped_bytes_, PROT_READ, MAP_SHARED | MAP_NORESERVE, descriptor_, 0);
  if (address == MAP_FAILED) {
    // Address space is limited here: records that are added will be kept in memory.
    mapped_bytes_ = end_;
    address = ::mmap(nullptr, mapped_bytes_, PROT_READ, MAP_SHARED, descriptor_, 0);
  }
  if (address == MAP_FAILED) throw error_from_errno(errno, fmt::format("map the cache {}", file_.string()));
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

const std::uint8_t* RecordCache::find(const Digest& digest) const {
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

const std::uint8_t* RecordCache::add(const Digest& digest, std::span<const std::uint8_t> record) {
  const std::lock_guard lock(mutex_);
  if (const auto entry = index_.find(digest); entry != index_.end()) return entry->second;
  const std::uint8_t* kept = append(digest, record);
  if (kept == nullptr) kept = keep_in_memory(record);
  return index_[digest] = kept;
}

// Writes the record to the file; returns where it appears in the mapping, or null when it cannot be written.
const std::uint8_t* RecordCache::append(const Digest& digest, std::span<const std::uint8_t> record) {
  if (descriptor_ < 0 || end_ + stride_ > mapped_bytes_) return nullptr;
  RecordHeader header{};
  std::copy(digest.bytes.begin(), digest.bytes.end(), header.digest);
  header.checksum = checksum(digest, record.data(), record_bytes_);
  buffer_.assign(stride_, std::byte{0});
  std::memcpy(buffer_.data(), &header, sizeof(header));
  std::memcpy(buffer_.data() + sizeof(header), record.data(), record_bytes_);
  // Records begin at whole strides: one that was cut off by a crash is overwritten.
  for (std::size_t written = 0; written < stride_;) {
    const ssize_t count =
        ::pwrite(descriptor_, buffer_.data() + written, stride_ - written, static_cast<off_t>(end_ + written));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      give_up(error_from_errno(errno, fmt::format("write the cache {}", file_.string())).message());
      return nullptr;
    }
    written += static_cast<std::size_t>(count);
  }
  const auto* const kept = reinterpret_cast<const std::uint8_t*>(mapped_ + end_ + sizeof(RecordHeader));
  end_ += stride_;
  return kept;
}

const std::uint8_t* RecordCache::keep_in_memory(std::span<const std::uint8_t> record) {
  const std::size_t block_size = std::max(kBlockBytes, record_bytes_);
  if (block_free_ < record_bytes_) {
    block_free_ = block_size;
    blocks_.push_back(std::make_unique_for_overwrite<std::uint8_t[]>(block_size));
  }
  std::uint8_t* const target = blocks_.back().get() + (block_size - block_free_);
  block_free_ -= record_bytes_;
  std::memcpy(target, record.data(), record_bytes_);
  return target;
}

void RecordCache::give_up(const std::string& why) {
  log::warning("results are not kept for the next run", {{"reason", why}});
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

}  // namespace animalctl
