// A process that has run out of file descriptors: connections wait, nothing spins, nothing ends.
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <utility>
#include <vector>

#include "http/listener.h"
#include "http/test_server.h"

namespace animalctl::test {
namespace {

// Holds every descriptor that this process may open, under a limit that is lowered to make that quick.
class DescriptorShortage {
 public:
  DescriptorShortage() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit lowered = before_;
    lowered.rlim_cur = std::min<rlim_t>(before_.rlim_cur, 256);
    ::setrlimit(RLIMIT_NOFILE, &lowered);
    for (int held = open_one(); held >= 0; held = open_one()) held_.push_back(held);
    REQUIRE(errno == EMFILE);
    REQUIRE_FALSE(held_.empty());
  }
  ~DescriptorShortage() {
    end();
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }
  DescriptorShortage(const DescriptorShortage&) = delete;
  DescriptorShortage& operator=(const DescriptorShortage&) = delete;

  void free_one() {
    ::close(held_.back());
    held_.pop_back();
  }
  void end() {
    while (!held_.empty()) free_one();
  }

 private:
  static int open_one() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

  rlimit before_{};
  std::vector<int> held_;
};

std::chrono::nanoseconds cpu_time() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

TEST_CASE("a listener without free descriptors says so, and the connection keeps waiting", "[http]") {
  http::Listener listener("127.0.0.1", 0);
  const HttpClient client(listener.port());
  http::Listener::Accepted accepted;
  {
    const DescriptorShortage shortage;
    CHECK(listener.accept(accepted) == http::Listener::Outcome::NoResources);
    CHECK(listener.accept(accepted) == http::Listener::Outcome::NoResources);
  }
  REQUIRE(eventually([&] { return listener.accept(accepted) == http::Listener::Outcome::Accepted; }));
  CHECK(accepted.address == "127.0.0.1");
  ::close(accepted.socket);
  CHECK(listener.accept(accepted) == http::Listener::Outcome::NoneWaiting);
}

TEST_CASE("a server without free descriptors rests, and goes on when there are some again", "[http]") {
  // It listens from here on, and accepts once it is started.
  http::Server server({}, echo);
  HttpClient first(server.port());
  HttpClient second(server.port());
  REQUIRE(first.send("GET /first HTTP/1.1\r\nHost: h\r\n\r\n"));
  REQUIRE(second.send("GET /second HTTP/1.1\r\nHost: h\r\n\r\n"));
  DescriptorShortage shortage;
  server.start();
  const std::chrono::nanoseconds before = cpu_time();
  std::array<pollfd, 2> answers{pollfd{first.socket(), POLLIN, 0}, pollfd{second.socket(), POLLIN, 0}};
  CHECK(::poll(answers.data(), answers.size(), 300) == 0);  // nothing may come: neither an answer nor an end
  CHECK(cpu_time() - before < std::chrono::milliseconds(150));
  CHECK(server.statistics().connections == 0);

  shortage.free_one();
  CHECK(first.read_answer().body == "GET /first");
  // Who is in is served while the other keeps waiting.
  CHECK(first.get("/again").body == "GET /again");
  CHECK_FALSE(second.has_input());
  CHECK(server.statistics().connections == 1);

  shortage.end();
  CHECK(second.read_answer().body == "GET /second");
  CHECK(server.stop(std::chrono::milliseconds(10'000)) == 0);
}

TEST_CASE("a server without free descriptors can be stopped", "[http]") {
  http::Server server({}, echo);
  HttpClient waiting(server.port());
  const DescriptorShortage shortage;
  server.start();
  CHECK(server.stop(std::chrono::milliseconds(10'000)) == 0);
  CHECK(waiting.is_closed());
}

}  // namespace
}  // namespace animalctl::test
