#include "archive/zip_directory.h"

#include <unistd.h>

#include <fmt/core.h>

#include <cerrno>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "animalctl/base/error.h"
#include "archive/archive_names.h"

namespace animalctl::archive {
namespace {

constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kEntryBytes = 46;
constexpr std::size_t kLongestComment = 65535;
constexpr std::uint64_t kLargestDirectory = std::uint64_t{64} << 20;

using Buffer = std::vector<unsigned char>;

std::uint32_t number(std::span<const unsigned char> bytes, std::size_t place, int count) {
  std::uint32_t value = 0;
  for (int i = count - 1; i >= 0; --i) value = value << 8 | bytes[place + static_cast<std::size_t>(i)];
  return value;
}

[[noreturn]] void damaged(const std::string& origin, std::string_view what) {
  throw Error(ErrorCode::DataLoss, fmt::format("{} is damaged: {}", origin, what));
}

Buffer read_at(int descriptor, std::uint64_t place, std::size_t size, const std::string& origin) {
  Buffer buffer(size);
  std::size_t filled = 0;
  while (filled < size) {
    const ssize_t count =
        ::pread(descriptor, buffer.data() + filled, size - filled, static_cast<off_t>(place + filled));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw error_from_errno(errno, fmt::format("read {}", origin));
    if (count == 0) damaged(origin, "it ends too early");
    filled += static_cast<std::size_t>(count);
  }
  return buffer;
}

bool is_signature(std::span<const unsigned char> bytes, std::size_t place, unsigned char third, unsigned char fourth) {
  return bytes[place] == 'P' && bytes[place + 1] == 'K' && bytes[place + 2] == third && bytes[place + 3] == fourth;
}

struct Directory {
  std::uint64_t place = 0;
  std::uint32_t size = 0;
  std::uint32_t entries = 0;
};

// The record that ends a zip: the last one whose comment reaches exactly to the end of the file.
Directory find_directory(int descriptor, std::uint64_t file_bytes, const std::string& origin) {
  if (file_bytes < kEndBytes) damaged(origin, "it ends too early");
  const std::uint64_t tail_bytes = std::min<std::uint64_t>(file_bytes, kEndBytes + kLongestComment);
  const std::uint64_t tail_place = file_bytes - tail_bytes;
  const Buffer tail = read_at(descriptor, tail_place, static_cast<std::size_t>(tail_bytes), origin);
  for (std::size_t place = tail.size() - kEndBytes + 1; place-- > 0;) {
    if (!is_signature(tail, place, 5, 6) || place + kEndBytes + number(tail, place + 20, 2) != tail.size()) continue;
    const Directory directory{number(tail, place + 16, 4), number(tail, place + 12, 4), number(tail, place + 10, 2)};
    if (directory.entries == 0xFFFF || directory.place == 0xFFFFFFFF || directory.size == 0xFFFFFFFF) {
      throw Error(ErrorCode::Unimplemented, fmt::format("{} is a zip64 file; archives need not be", origin));
    }
    if (number(tail, place + 4, 2) != 0 || number(tail, place + 8, 2) != directory.entries) {
      throw Error(ErrorCode::Unimplemented, fmt::format("{} is one part of a zip in several; join them", origin));
    }
    if (directory.place + directory.size != tail_place + place || directory.size > kLargestDirectory) {
      damaged(origin, "its list of members is not where it should be");
    }
    return directory;
  }
  damaged(origin, "its list of members is missing; it was cut, or is still being copied");
}

}  // namespace

std::size_t check_zip_directory(int descriptor, std::uint64_t file_bytes, const std::string& origin) {
  const Directory directory = find_directory(descriptor, file_bytes, origin);
  const Buffer list = read_at(descriptor, directory.place, directory.size, origin);
  std::set<std::uint32_t> places;
  std::size_t place = 0;
  for (std::uint32_t i = 0; i < directory.entries; ++i) {
    if (list.size() - place < kEntryBytes || !is_signature(list, place, 1, 2)) {
      damaged(origin, "its list of members cannot be read");
    }
    const std::size_t name_bytes = number(list, place + 28, 2);
    const std::size_t more = name_bytes + number(list, place + 30, 2) + number(list, place + 32, 2);
    if (list.size() - place - kEntryBytes < more) damaged(origin, "its list of members cannot be read");
    const std::string_view name(reinterpret_cast<const char*>(list.data()) + place + kEntryBytes, name_bytes);
    for (const auto& [mark, what] : {std::pair{'\0', "a NUL"}, std::pair{'\\', "a backslash"}}) {
      if (name.find(mark) == std::string_view::npos) continue;
      throw Error(ErrorCode::DataLoss,
                  fmt::format("{}: the member \"{}\" is refused: its name has {}", origin, printable(name), what));
    }
    if (!places.insert(number(list, place + 42, 4)).second) {
      throw Error(ErrorCode::DataLoss,
                  fmt::format("{}: the member \"{}\" is refused: it lies where another lies", origin, printable(name)));
    }
    place += kEntryBytes + more;
  }
  if (place != list.size()) damaged(origin, "its list of members is longer than it says");
  return directory.entries;
}

}  // namespace animalctl::archive
