#include "cli/await_archive.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "animalctl/base/error.h"

namespace animalctl::cli {
namespace {
namespace fs = std::filesystem;

constexpr int kLookAgainMs = 2'000;
// A folder that is moved away or deleted is told of as well, but one that comes back is another: looked at now and
// then.
constexpr int kListenMs = 60'000;

class OwnedDescriptor {
 public:
  explicit OwnedDescriptor(int value) : value_(value) {}
  ~OwnedDescriptor() {
    if (value_ >= 0) ::close(value_);
  }
  OwnedDescriptor(const OwnedDescriptor&) = delete;
  OwnedDescriptor& operator=(const OwnedDescriptor&) = delete;
  int get() const { return value_; }

 private:
  int value_;
};

}  // namespace

bool has_archive(const fs::path& model_store) {
  std::error_code failed;
  for (fs::directory_iterator entry(model_store, failed), end; !failed && entry != end; entry.increment(failed)) {
    // Names that begin with a dot are being written.
    if (entry->path().extension() == ".mar" && !entry->path().filename().string().starts_with('.')) return true;
  }
  return false;
}

bool await_archive(const fs::path& model_store, const std::stop_token& stop) {
  // Listening begins before the first look, so nothing is missed between the two.
  const OwnedDescriptor events(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  const bool listens = events.get() >= 0 && ::inotify_add_watch(events.get(), model_store.c_str(),
                                                                IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE) >= 0;
  const OwnedDescriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (wake.get() < 0) throw error_from_errno(errno, "wait for a first archive");
  const std::stop_callback on_stop(stop, [&wake] { ::eventfd_write(wake.get(), 1); });
  while (!stop.stop_requested()) {
    if (has_archive(model_store)) return true;
    std::array<pollfd, 2> watched = {{{wake.get(), POLLIN, 0}, {events.get(), POLLIN, 0}}};
    ::poll(watched.data(), watched.size(), listens ? kListenMs : kLookAgainMs);
    alignas(inotify_event) std::array<char, 16'384> told{};
    while (events.get() >= 0 && ::read(events.get(), told.data(), told.size()) > 0) {
    }
  }
  return false;
}

}  // namespace animalctl::cli
