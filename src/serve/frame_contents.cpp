#include "serve/frame_contents.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"

namespace animalctl::serve {
namespace {

namespace fs = std::filesystem;

constexpr auto kShortestPause = std::chrono::seconds(2);
constexpr int kPauses = 50;
// A larger frame is no picture that a request could have brought.
constexpr std::uint64_t kLargestFrame = std::uint64_t{64} << 20;

std::int64_t modified_ns(const struct stat& status) {
  return status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
}

}  // namespace

FrameContents::FrameContents(fs::path folder, Now now) : folder_(std::move(folder)), now_(std::move(now)) {}

std::string_view FrameContents::name_of(const Entry& entry) const {
  return names_.c_str() + entry.name;
}

std::string FrameContents::find(const Digest& digest, std::uint64_t bytes) {
  list_when_changed();
  const auto [begin, end] = std::equal_range(entries_.begin(), entries_.end(), Entry{bytes, 0, 0},
                                             [](const Entry& a, const Entry& b) { return a.bytes < b.bytes; });
  if (bytes > kLargestFrame) return "";
  for (auto entry = begin; entry != end; ++entry) {
    std::string name(name_of(*entry));
    try {
      if (sha256(std::span<const std::byte>(read_file(folder_ / name, kLargestFrame))) == digest) return name;
    } catch (const Error&) {
      // It has gone or may not be read: then it is no frame that anybody could label.
    }
  }
  return "";
}

std::size_t FrameContents::written_since(std::string_view prefix, std::chrono::system_clock::time_point time) {
  list_when_changed();
  const std::int64_t since = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
  return static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.modified_s >= since && name_of(entry).starts_with(prefix);
  }));
}

void FrameContents::list_when_changed() {
  struct stat status {};
  if (::stat(folder_.c_str(), &status) != 0) {
    entries_.clear();
    names_.clear();
    folder_modified_ns_ = -1;
    return;
  }
  const auto begin = now_();
  if (modified_ns(status) == folder_modified_ns_ || begin < next_listing_) return;
  folder_modified_ns_ = modified_ns(status);
  list();
  const auto end = now_();
  next_listing_ = end + std::max<std::chrono::steady_clock::duration>(kShortestPause, (end - begin) * kPauses);
}

void FrameContents::list() {
  entries_.clear();
  names_.clear();
  std::error_code error;
  for (fs::directory_iterator entry(folder_, error), end; !error && entry != end; entry.increment(error)) {
    struct stat status {};
    if (::stat(entry->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    entries_.push_back({static_cast<std::uint64_t>(status.st_size), status.st_mtim.tv_sec, names_.size()});
    names_ += entry->path().filename().string();
    names_ += '\0';
  }
  if (error) throw error_from_errno(error.value(), "list " + folder_.string());
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.bytes < b.bytes; });
}

}  // namespace animalctl::serve
