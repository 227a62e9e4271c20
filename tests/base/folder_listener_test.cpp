#include "animalctl/base/folder_listener.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <future>
#include <string>
#include <vector>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Kind = FolderNotice::Kind;
using Creations = FolderListener::Creations;
using test::require_error;
using test::TemporaryFolder;

// As the kernel writes it: the name filled up with zeros to a multiple of the header's size.
std::string event_bytes(int watch, std::uint32_t mask, const std::string& name = "") {
  inotify_event event{};
  event.wd = watch;
  event.mask = mask;
  event.len = name.empty() ? 0 : static_cast<std::uint32_t>((name.size() / sizeof event + 1) * sizeof event);
  std::string bytes(sizeof event + event.len, '\0');
  std::memcpy(bytes.data(), &event, sizeof event);
  std::memcpy(bytes.data() + sizeof event, name.data(), name.size());
  return bytes;
}

std::vector<FolderNotice> notices_in(const std::string& bytes) {
  return parse_folder_notices({bytes.data(), bytes.size()});
}

// Everything that is heard until a notice of this kind has come.
std::vector<FolderNotice> heard_until(FolderListener& listener, Kind kind) {
  std::vector<FolderNotice> all;
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  const auto is_it = [&](const FolderNotice& notice) { return notice.kind == kind; };
  while (std::none_of(all.begin(), all.end(), is_it) && std::chrono::steady_clock::now() < deadline) {
    for (FolderNotice& notice : listener.wait(10s)) all.push_back(std::move(notice));
  }
  CHECK(std::any_of(all.begin(), all.end(), is_it));
  return all;
}

TEST_CASE("the kernel's events are read: names, lost ones, folders that went") {
  CHECK(notices_in("").empty());
  CHECK(notices_in(event_bytes(1, IN_CLOSE_WRITE, "a.json")) ==
        std::vector<FolderNotice>{{Kind::Name, 1, "a.json", false}});
  CHECK(notices_in(event_bytes(2, IN_CREATE | IN_ISDIR, "sub")) ==
        std::vector<FolderNotice>{{Kind::Name, 2, "sub", true}});
  CHECK(notices_in(event_bytes(-1, IN_Q_OVERFLOW)) == std::vector<FolderNotice>{{Kind::Lost, -1, "", false}});
  CHECK(notices_in(event_bytes(3, IN_MOVE_SELF)) == std::vector<FolderNotice>{{Kind::Moved, 3, "", false}});
  for (const std::uint32_t mask : {IN_DELETE_SELF, IN_IGNORED, IN_UNMOUNT}) {
    CHECK(notices_in(event_bytes(4, mask)) == std::vector<FolderNotice>{{Kind::Gone, 4, "", false}});
  }
  const std::string longest(255, 'n');
  const auto many = notices_in(event_bytes(1, IN_MOVED_TO, longest) + event_bytes(-1, IN_Q_OVERFLOW) +
                               event_bytes(2, IN_DELETE, "0123456789abcde") + event_bytes(2, IN_IGNORED));
  REQUIRE(many.size() == 4);
  CHECK(many[0].name == longest);
  CHECK(many[1].kind == Kind::Lost);
  CHECK(many[2].name == "0123456789abcde");
  CHECK(many[3].went());
  CHECK_FALSE(many[2].went());
}

TEST_CASE("bytes that are no whole event count as lost, wherever they are cut") {
  const std::string whole = event_bytes(1, IN_CLOSE_WRITE, "a.json");
  const std::string second = event_bytes(1, IN_CLOSE_WRITE, "b.json");
  for (std::size_t cut = 1; cut < second.size(); ++cut) {
    const auto notices = notices_in(whole + second.substr(0, cut));
    REQUIRE(notices.size() == 2);
    CHECK(notices[0].name == "a.json");
    CHECK(notices[1].kind == Kind::Lost);
  }
  inotify_event endless{};
  endless.len = 0xffffffff;
  std::string bytes(sizeof endless, '\0');
  std::memcpy(bytes.data(), &endless, sizeof endless);
  CHECK(notices_in(bytes).at(0).kind == Kind::Lost);
}

TEST_CASE("a listener tells the names of two folders apart") {
  const TemporaryFolder folder;
  create_folders(folder / "a");
  create_folders(folder / "b");
  FolderListener listener;
  const auto first = listener.watch(folder / "a", Creations::Ignored);
  const auto second = listener.watch(folder / "b", Creations::Heard);
  REQUIRE((first && second && first != second));
  CHECK(listener.watch(folder / "a", Creations::Ignored) == first);
  CHECK(listener.wait(0ms).empty());
  write_file_atomic(folder / "a" / "one.json", "{}");
  const auto notices = listener.wait(10s, {}, 1ms);
  CHECK(std::count(notices.begin(), notices.end(), FolderNotice{Kind::Name, *first, "one.json", false}) > 0);
  fs::create_hard_link(folder / "a" / "one.json", folder / "b" / "two.json");
  CHECK(listener.wait(10s) == std::vector<FolderNotice>{{Kind::Name, *second, "two.json", false}});
  // A link is not written to.
  fs::create_hard_link(folder / "a" / "one.json", folder / "a" / "three.json");
  CHECK(listener.wait(0ms).empty());
}

TEST_CASE("what comes together is told together") {
  const TemporaryFolder folder;
  FolderListener listener;
  REQUIRE(listener.watch(folder.path(), Creations::Heard));
  auto writer = std::async(std::launch::async, [&] {
    for (int i = 0; i < 20; ++i) fs::create_directory(folder / std::to_string(i));
  });
  // The writer needs far less than the burst lasts.
  CHECK(listener.wait(10s, {}, 1s).size() == 20);
  writer.get();
}

TEST_CASE("a folder that is removed is told once, and one of its name is another") {
  const TemporaryFolder folder;
  create_folders(folder / "a");
  FolderListener listener;
  const auto before = listener.watch(folder / "a", Creations::Heard);
  REQUIRE(before);
  fs::remove_all(folder / "a");
  const auto notices = heard_until(listener, Kind::Gone);
  CHECK(std::count_if(notices.begin(), notices.end(), [](const auto& notice) { return notice.went(); }) == 1);
  CHECK(listener.wait(0ms).empty());
  listener.unwatch(*before);  // nothing to do any more
  std::error_code why_not;
  CHECK_FALSE(listener.watch(folder / "a", Creations::Heard, &why_not));
  CHECK(why_not == std::errc::no_such_file_or_directory);
  write_file_atomic(folder / "b", "a file");
  CHECK_FALSE(listener.watch(folder / "b", Creations::Heard, &why_not));
  CHECK(why_not == std::errc::not_a_directory);
  create_folders(folder / "a");
  CHECK(listener.watch(folder / "a", Creations::Heard, &why_not));
  CHECK_FALSE(why_not);
}

TEST_CASE("a folder that is moved is listened to until it is told not to") {
  const TemporaryFolder folder;
  create_folders(folder / "a");
  FolderListener listener;
  const auto watch = listener.watch(folder / "a", Creations::Heard);
  REQUIRE(watch);
  fs::rename(folder / "a", folder / "b");
  CHECK(listener.wait(10s) == std::vector<FolderNotice>{{Kind::Moved, *watch, "", false}});
  fs::create_directory(folder / "b" / "heard");
  CHECK(listener.wait(10s) == std::vector<FolderNotice>{{Kind::Name, *watch, "heard", true}});
  fs::create_directory(folder / "b" / "queued");
  listener.unwatch(*watch);
  fs::create_directory(folder / "b" / "later");
  CHECK(listener.wait(0ms).empty());
}

TEST_CASE("a wait ends with a stop, a call and its time") {
  FolderListener listener;
  std::stop_source stop;
  auto waits = std::async(std::launch::async, [&] { return listener.wait(1h, stop.get_token()); });
  stop.request_stop();
  REQUIRE(waits.wait_for(10s) == std::future_status::ready);
  CHECK(waits.get().empty());
  CHECK(listener.wait(1h, stop.get_token()).empty());  // stopped before
  listener.wake();
  CHECK(listener.wait(std::chrono::milliseconds::max()).empty());
  const auto begin = std::chrono::steady_clock::now();
  CHECK(listener.wait(20ms).empty());
  CHECK(listener.wait(-5ms).empty());
  const auto took = std::chrono::steady_clock::now() - begin;
  CHECK((took >= 20ms && took < 30s));
}

// Lets the process open so many descriptors more.
class DescriptorsLeft {
 public:
  explicit DescriptorsLeft(int count) {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const int lowest = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    ::close(lowest);
    rlimit less = before_;
    less.rlim_cur = static_cast<rlim_t>(lowest + count);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &less) == 0);
  }
  ~DescriptorsLeft() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  DescriptorsLeft(const DescriptorsLeft&) = delete;
  DescriptorsLeft& operator=(const DescriptorsLeft&) = delete;

 private:
  rlimit before_{};
};

TEST_CASE("a listener that the kernel gives nothing to is deaf but can be woken; without any descriptor it is none") {
  const TemporaryFolder folder;
  {
    const DescriptorsLeft one(1);
    FolderListener listener;
    CHECK(listener.deaf() == std::errc::too_many_files_open);
    std::error_code why_not;
    CHECK_FALSE(listener.watch(folder.path(), Creations::Heard, &why_not));
    CHECK(why_not == listener.deaf());
    listener.unwatch(1);
    listener.wake();
    CHECK(listener.wait(1h).empty());
    CHECK(listener.wait(1ms).empty());
  }
  const DescriptorsLeft none(0);
  require_error(ErrorCode::ResourceExhausted, "listen to what happens in folders", [] { FolderListener(); });
}

}  // namespace
}  // namespace animalctl
