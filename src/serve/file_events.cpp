#include "serve/file_events.h"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace animalctl::serve {
namespace {

constexpr std::uint32_t kWatched =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr std::uint32_t kFolderGone = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED;

}  // namespace

std::optional<FileIdentity> file_identity(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return std::nullopt;
  return FileIdentity{status.st_dev, status.st_ino, status.st_size,
                      status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
}

FileEvents::FileEvents(const std::filesystem::path& file)
    : folder_(file.has_parent_path() ? file.parent_path() : std::filesystem::path(".")),
      events_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  watch_folder();
}

FileEvents::~FileEvents() {
  if (events_ >= 0) ::close(events_);
}

void FileEvents::watch_folder() {
  if (events_ >= 0) watch_ = ::inotify_add_watch(events_, folder_.c_str(), kWatched);
}

void FileEvents::wait(std::chrono::milliseconds at_most) {
  if (watch_ < 0) watch_folder();
  std::array<pollfd, 2> polled{{{woken_.descriptor(), POLLIN, 0}, {events_, POLLIN, 0}}};
  // A negative descriptor is passed over by poll().
  if (::poll(polled.data(), polled.size(), static_cast<int>(at_most.count())) <= 0) return;
  woken_.clear();
  read_events();
}

void FileEvents::read_events() {
  if (events_ < 0) return;
  alignas(inotify_event) std::array<char, 16 << 10> buffer{};
  while (true) {
    const ssize_t got = ::read(events_, buffer.data(), buffer.size());
    if (got <= 0) return;
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      at += sizeof event + event.len;
      // Another folder may have taken its name since.
      if ((event.mask & kFolderGone) != 0 && event.wd == watch_) {
        if ((event.mask & IN_IGNORED) == 0) ::inotify_rm_watch(events_, watch_);
        watch_ = -1;
      }
    }
  }
}

}  // namespace animalctl::serve
