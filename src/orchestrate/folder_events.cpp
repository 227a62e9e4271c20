#include "orchestrate/folder_events.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"

namespace animalctl::orchestrate {
namespace {

using namespace std::chrono_literals;

constexpr auto kBurst = 200ms;
constexpr auto kLookThrough = 30s;
constexpr std::size_t kMostNames = 50'000;
constexpr std::uint32_t kWatched = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE;
constexpr std::uint32_t kFolderGone = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED;

int add_watch(int events, const std::filesystem::path& folder, std::uint32_t mask) {
  return ::inotify_add_watch(events, folder.c_str(), mask | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR);
}

}  // namespace

FolderEvents::FolderEvents(std::filesystem::path frames_dir, std::filesystem::path annotations_dir)
    : frames_dir_(std::move(frames_dir)),
      annotations_dir_(std::move(annotations_dir)),
      events_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      looked_(std::chrono::steady_clock::now()) {
  if (wake_ < 0) throw error_from_errno(errno, "wait for changes in the folders");
  if (events_ < 0) {
    log::warning("the folders cannot be watched; they are looked through every 30 s instead",
                 {{"reason", std::strerror(errno)}});
    return;
  }
  FolderNews ignored;
  listen(ignored);
}

FolderEvents::~FolderEvents() {
  if (events_ >= 0) ::close(events_);
  ::close(wake_);
}

// Takes up a folder that has come (again); what is in it by then is news.
void FolderEvents::listen(FolderNews& news) {
  if (events_ < 0) return;
  if (frames_watch_ < 0) {
    // Links come without being written to.
    frames_watch_ = add_watch(events_, frames_dir_, kWatched | IN_CREATE);
    if (frames_watch_ >= 0) news.everything = true;
  }
  if (annotations_watch_ < 0) {
    annotations_watch_ = add_watch(events_, annotations_dir_, kWatched);
    if (annotations_watch_ >= 0) news.everything = true;
  }
}

FolderNews FolderEvents::wait(std::chrono::milliseconds most, const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] {
    const std::uint64_t one = 1;
    (void)!::write(wake_, &one, sizeof one);
  });
  FolderNews news;
  listen(news);
  const auto until = std::chrono::steady_clock::now() + (news.empty() ? most : 0ms);
  std::array<pollfd, 2> descriptors = {{{wake_, POLLIN, 0}, {events_, POLLIN, 0}}};
  while (!stop.stop_requested()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    const int timeout = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000));
    const int ready = ::poll(descriptors.data(), descriptors.size(), timeout);
    if (ready > 0 && (descriptors[1].revents & POLLIN) != 0) {
      descriptors[1].fd = -1;
      (void)::poll(descriptors.data(), descriptors.size(), static_cast<int>(kBurst.count()));
      read_events(news);
      break;
    }
    if (left <= 0ms || (ready < 0 && errno != EINTR)) break;
  }
  const auto now = std::chrono::steady_clock::now();
  if ((events_ < 0 || frames_watch_ < 0 || annotations_watch_ < 0) && now - looked_ >= kLookThrough) {
    news.everything = true;
  }
  if (news.everything) looked_ = now;
  return news;
}

void FolderEvents::read_events(FolderNews& news) {
  alignas(inotify_event) std::array<char, std::size_t{16} << 10> buffer{};
  while (true) {
    const ssize_t count = ::read(events_, buffer.data(), buffer.size());
    if (count <= 0) return;
    for (std::size_t at = 0; at < static_cast<std::size_t>(count);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const std::string name = event.len > 0 ? buffer.data() + at + sizeof event : "";
      at += sizeof event + event.len;
      if ((event.mask & kFolderGone) != 0) {
        (event.wd == frames_watch_ ? frames_watch_ : annotations_watch_) = -1;
        news.everything = true;
      } else if ((event.mask & IN_Q_OVERFLOW) != 0) {
        news.everything = true;
      } else if (!name.empty() && name.front() != '.' && (event.mask & IN_ISDIR) == 0) {
        (event.wd == frames_watch_ ? news.frames : news.annotations).insert(name);
      }
      if (news.frames.size() + news.annotations.size() > kMostNames) news = FolderNews{{}, {}, true};
    }
  }
}

}  // namespace animalctl::orchestrate
