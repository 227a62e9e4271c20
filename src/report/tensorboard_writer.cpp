#include "animalctl/report/tensorboard_writer.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <boost/crc.hpp>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <exception>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/log.h"

namespace animalctl {
namespace fs = std::filesystem;
namespace {

// CRC-32C (Castagnoli, RFC 3720 appendix B.4).
using Crc32c = boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true>;

// Field numbers of tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto.
constexpr std::uint32_t kEventWallTime = 1;
constexpr std::uint32_t kEventStep = 2;
constexpr std::uint32_t kEventFileVersion = 3;
constexpr std::uint32_t kEventSummary = 5;
constexpr std::uint32_t kSummaryValue = 1;
constexpr std::uint32_t kValueTag = 1;
constexpr std::uint32_t kValueSimpleValue = 2;

// Wire types of protobuf.dev/programming-guides/encoding.
constexpr std::uint32_t kVarint = 0;
constexpr std::uint32_t kFixed64 = 1;
constexpr std::uint32_t kLengthDelimited = 2;
constexpr std::uint32_t kFixed32 = 5;

static_assert(std::endian::native == std::endian::little, "numbers are written as they lie in memory");

template <typename Number>
void put_raw(std::string& out, Number number) {
  std::array<char, sizeof(Number)> bytes{};
  std::memcpy(bytes.data(), &number, sizeof(Number));
  out.append(bytes.data(), bytes.size());
}

void put_varint(std::string& out, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) out += static_cast<char>(number | 0x80);
  out += static_cast<char>(number);
}

void put_key(std::string& out, std::uint32_t field, std::uint32_t wire_type) {
  put_varint(out, field << 3 | wire_type);
}

void put_bytes(std::string& out, std::uint32_t field, std::string_view bytes) {
  put_key(out, field, kLengthDelimited);
  put_varint(out, bytes.size());
  out += bytes;
}

std::string event(double wall_time) {
  std::string out;
  put_key(out, kEventWallTime, kFixed64);
  put_raw(out, wall_time);
  return out;
}

// A checksum that guards data which may itself hold checksums (tensorflow/core/lib/hash/crc32c.h).
std::uint32_t masked_crc(std::string_view bytes) {
  Crc32c crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return std::rotr(static_cast<std::uint32_t>(crc.checksum()), 15) + 0xA282EAD8;
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

// Ten digits, as TensorFlow writes them: files sort by time. A second run within the second gets a number.
fs::path free_name(const fs::path& folder, double wall_time, int attempt) {
  const std::string name =
      fmt::format("events.out.tfevents.{:010d}.{}", static_cast<std::int64_t>(std::floor(wall_time)), host_name());
  return folder / (attempt == 0 ? name : fmt::format("{}.{}", name, attempt));
}

}  // namespace

TensorBoardWriter::TensorBoardWriter(const fs::path& folder, double wall_time) {
  create_folders(folder);
  for (int attempt = 0; descriptor_ < 0; ++attempt) {
    path_ = free_name(folder, wall_time, attempt);
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
    if (descriptor_ < 0 && errno != EEXIST) throw error_from_errno(errno, fmt::format("write {}", path_.string()));
  }
  std::string first = event(wall_time);
  put_bytes(first, kEventFileVersion, "brain.Event:2");
  append(first);
}

TensorBoardWriter::~TensorBoardWriter() {
  try {
    flush();
  } catch (const std::exception& error) {
    log::warning(fmt::format("the last points of {} are lost: {}", path_.string(), error.what()));
  }
  ::close(descriptor_);
}

void TensorBoardWriter::add_scalar(std::string_view tag, std::int64_t step, double value, double wall_time) {
  std::string point;
  put_bytes(point, kValueTag, tag);
  put_key(point, kValueSimpleValue, kFixed32);
  put_raw(point, static_cast<float>(value));
  std::string summary;
  put_bytes(summary, kSummaryValue, point);
  std::string message = event(wall_time);
  // Zero is what a missing number means.
  if (step != 0) {
    put_key(message, kEventStep, kVarint);
    put_varint(message, static_cast<std::uint64_t>(step));
  }
  put_bytes(message, kEventSummary, summary);
  append(message);
}

void TensorBoardWriter::append(std::string_view event) {
  std::string length;
  put_raw(length, static_cast<std::uint64_t>(event.size()));
  pending_ += length;
  put_raw(pending_, masked_crc(length));
  pending_ += event;
  put_raw(pending_, masked_crc(event));
}

void TensorBoardWriter::flush() {
  // Appended in place, not with AtomicFile: TensorBoard follows the file while it grows.
  std::size_t done = 0;
  while (done < pending_.size()) {
    const ssize_t count = ::write(descriptor_, pending_.data() + done, pending_.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int reason = errno;
      // Half a record would hide all later ones from readers. If this fails too, the first failure is told.
      (void)!::ftruncate(descriptor_, static_cast<off_t>(written_));
      throw error_from_errno(reason, fmt::format("write {}", path_.string()));
    }
    done += static_cast<std::size_t>(count);
  }
  if (::fsync(descriptor_) != 0) throw error_from_errno(errno, fmt::format("write {}", path_.string()));
  written_ += pending_.size();
  pending_.clear();
}

}  // namespace animalctl
