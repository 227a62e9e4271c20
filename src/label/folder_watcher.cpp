#include "label/folder_watcher.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"

namespace animalctl::label {
namespace {

using namespace std::chrono_literals;

constexpr auto kBundle = 150ms;
constexpr auto kTryAgain = 2s;
constexpr auto kLookThrough = 30s;
// A bundle of more names costs as much as looking at everything.
constexpr std::size_t kMostNames = 50'000;

constexpr std::uint32_t kFileEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE;
constexpr std::uint32_t kFolderGone = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT;

}  // namespace

FolderWatcher::FolderWatcher(const Workspace& workspace)
    : events_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)), stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (stop_.get() < 0) throw error_from_errno(errno, "watch the folders");
  try {
    if (events_.get() < 0) throw error_from_errno(errno, "listen to changes in the folders");
    listen(workspace);
  } catch (const Error& error) {
    log::warning("the folders cannot be watched; they are looked through every 30 s instead",
                 {{"reason", error.message()}});
    events_ = Descriptor();
  }
}

FolderWatcher::~FolderWatcher() {
  const std::uint64_t one = 1;
  (void)!::write(stop_.get(), &one, sizeof one);
  if (thread_.joinable()) thread_.join();
}

void FolderWatcher::listen(const Workspace& workspace) {
  // Links come without being written to.
  add_watch(workspace.frames_dir(), frames_, IN_CREATE);
  add_watch(workspace.trash_frames_dir(), trash_, IN_CREATE);
  add_watch(workspace.annotations_dir(), annotations_, 0);
}

void FolderWatcher::add_watch(const std::filesystem::path& folder, int& watch, std::uint32_t more_events) {
  watch = ::inotify_add_watch(events_.get(), folder.c_str(), kFileEvents | kFolderGone | more_events | IN_ONLYDIR);
  if (watch < 0) throw error_from_errno(errno, fmt::format("watch the folder {}", folder.string()));
}

void FolderWatcher::start(Report report, bool everything_first) {
  report_ = std::move(report);
  everything_first_ = everything_first;
  thread_ = std::thread([this] { loop(); });
}

void FolderWatcher::loop() {
  Pending pending;
  if (everything_first_) {
    pending.everything = true;
    pending.due = Clock::now();
  }
  while (true) {
    Clock::time_point until = pending.due;
    if (events_.get() < 0) until = std::min(until, Clock::now() + kLookThrough);
    if (!wait(until)) return;
    if (events_.get() >= 0) {
      read_events(pending);
    } else if (pending.due == Clock::time_point::max()) {
      pending.everything = true;
      pending.due = Clock::now();
    }
    if (Clock::now() >= pending.due) deliver(pending);
  }
}

bool FolderWatcher::wait(Clock::time_point until) {
  std::array<pollfd, 2> descriptors = {{{stop_.get(), POLLIN, 0}, {events_.get(), POLLIN, 0}}};
  int timeout = -1;
  if (until != Clock::time_point::max()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    timeout = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
  }
  // A negative descriptor is passed over.
  (void)::poll(descriptors.data(), descriptors.size(), timeout);
  return (descriptors[0].revents & POLLIN) == 0;
}

void FolderWatcher::read_events(Pending& pending) {
  alignas(inotify_event) std::array<char, std::size_t{64} << 10> buffer{};
  while (true) {
    const ssize_t count = ::read(events_.get(), buffer.data(), buffer.size());
    if (count <= 0) return;
    for (std::size_t at = 0; at < static_cast<std::size_t>(count);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* name = event.len > 0 ? buffer.data() + at + sizeof event : "";
      note(event.wd, event.mask, name, pending);
      at += sizeof event + event.len;
    }
  }
}

void FolderWatcher::note(int watch, std::uint32_t mask, const std::string& name, Pending& pending) {
  if ((mask & kFolderGone) != 0) {
    log::warning("a folder of the workspace was moved or removed; put it back and start the server again");
    return;
  }
  if ((mask & IN_Q_OVERFLOW) != 0) {
    pending.everything = true;
  } else if (name.empty() || name.front() == '.' || (mask & IN_ISDIR) != 0) {
    return;  // also our own temporary files
  } else if (watch == frames_) {
    pending.changes.frames.insert(name);
  } else if (watch == trash_) {
    pending.changes.trash.insert(name);
  } else if (watch == annotations_) {
    pending.changes.annotations.insert(name);
  }
  if (pending.changes.size() > kMostNames) pending.everything = true;
  if (pending.everything) pending.changes = {};
  if (pending.due == Clock::time_point::max()) pending.due = Clock::now() + kBundle;
}

void FolderWatcher::deliver(Pending& pending) {
  Pending told = std::exchange(pending, Pending{});
  if (report_(told.changes, told.everything)) return;
  pending = std::move(told);
  pending.due = Clock::now() + kTryAgain;
}

}  // namespace animalctl::label
