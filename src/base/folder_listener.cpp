#include "animalctl/base/folder_listener.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "animalctl/base/error.h"

namespace animalctl {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kHeardEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE;
constexpr std::uint32_t kFolderEvents = IN_DELETE_SELF | IN_MOVE_SELF;
constexpr std::uint32_t kGoneEvents = IN_DELETE_SELF | IN_UNMOUNT | IN_IGNORED;
// A day in milliseconds is a number that poll() takes.
constexpr std::chrono::milliseconds kLongestWait = 24h;
// What comes without a pause must not keep wait() from returning; the rest is the next one's.
constexpr std::size_t kMostNotices = 65'536;

FolderNotice notice_of(const inotify_event& event, std::string_view name) {
  if ((event.mask & IN_Q_OVERFLOW) != 0) return {FolderNotice::Kind::Lost, -1, "", false};
  if ((event.mask & kGoneEvents) != 0) return {FolderNotice::Kind::Gone, event.wd, "", false};
  if ((event.mask & IN_MOVE_SELF) != 0) return {FolderNotice::Kind::Moved, event.wd, "", false};
  return {FolderNotice::Kind::Name, event.wd, std::string(name), (event.mask & IN_ISDIR) != 0};
}

}  // namespace

std::vector<FolderNotice> parse_folder_notices(std::span<const char> events) {
  std::vector<FolderNotice> notices;
  while (!events.empty()) {
    inotify_event event{};
    if (events.size() >= sizeof event) std::memcpy(&event, events.data(), sizeof event);
    if (events.size() < sizeof event || events.size() - sizeof event < event.len) {
      notices.push_back({FolderNotice::Kind::Lost, -1, "", false});
      return notices;
    }
    // Names are filled up with zeros.
    const std::string_view field(events.data() + sizeof event, event.len);
    notices.push_back(notice_of(event, field.substr(0, field.find('\0'))));
    events = events.subspan(sizeof event + event.len);
  }
  return notices;
}

FolderListener::FolderListener() : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (wake_ < 0) throw error_from_errno(errno, "listen to what happens in folders");
  events_ = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (events_ < 0) deaf_ = std::error_code(errno, std::generic_category());
}

FolderListener::~FolderListener() {
  if (events_ >= 0) ::close(events_);
  ::close(wake_);
}

std::optional<int> FolderListener::watch(const std::filesystem::path& folder, Creations creations,
                                         std::error_code* why_not) {
  std::error_code reason = deaf_;
  int watch = -1;
  if (!reason) {
    const std::uint32_t more = creations == Creations::Heard ? IN_CREATE : 0;
    watch = ::inotify_add_watch(events_, folder.c_str(), kHeardEvents | kFolderEvents | more | IN_ONLYDIR);
    if (watch < 0) reason = std::error_code(errno, std::generic_category());
  }
  if (why_not != nullptr) *why_not = reason;
  if (watch < 0) return std::nullopt;
  watches_.insert(watch);
  return watch;
}

void FolderListener::unwatch(int watch) {
  if (watches_.erase(watch) > 0) ::inotify_rm_watch(events_, watch);
}

std::vector<FolderNotice> FolderListener::wait(std::chrono::milliseconds at_most, const std::stop_token& stop,
                                               std::chrono::milliseconds burst) {
  const std::stop_callback on_stop(stop, [this] { wake(); });
  const Woken woken = sleep(at_most, true);
  if (woken.heard && !woken.called && burst > 0ms) (void)sleep(burst, false);
  return read_notices();
}

void FolderListener::wake() {
  (void)::eventfd_write(wake_, 1);
}

FolderListener::Woken FolderListener::sleep(std::chrono::milliseconds at_most, bool listening) {
  const auto until =
      std::chrono::steady_clock::now() + std::clamp<std::chrono::milliseconds>(at_most, 0ms, kLongestWait);
  // A negative descriptor is passed over by poll().
  std::array<pollfd, 2> polled{{{wake_, POLLIN, 0}, {listening ? events_ : -1, POLLIN, 0}}};
  int ready = -1;
  do {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    ready = ::poll(polled.data(), polled.size(), static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
  } while (ready < 0 && errno == EINTR);
  const Woken woken{ready > 0 && (polled[0].revents & POLLIN) != 0, ready > 0 && (polled[1].revents & POLLIN) != 0};
  eventfd_t value = 0;
  if (woken.called) (void)::eventfd_read(wake_, &value);
  return woken;
}

std::vector<FolderNotice> FolderListener::read_notices() {
  std::vector<FolderNotice> heard;
  alignas(inotify_event) std::array<char, std::size_t{32} << 10> buffer{};
  while (events_ >= 0 && heard.size() < kMostNotices) {
    const ssize_t count = ::read(events_, buffer.data(), buffer.size());
    if (count <= 0) break;
    for (FolderNotice& notice : parse_folder_notices({buffer.data(), static_cast<std::size_t>(count)})) {
      const bool known =
          notice.kind == FolderNotice::Kind::Gone ? watches_.erase(notice.watch) > 0 : watches_.contains(notice.watch);
      // What is still queued for a folder after unwatch() concerns nobody.
      if (known || notice.kind == FolderNotice::Kind::Lost) heard.push_back(std::move(notice));
    }
  }
  return heard;
}

}  // namespace animalctl
