#include "animalctl/process/supervisor.h"

#include <csignal>
#include <future>
#include <mutex>
#include <thread>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::process {
namespace {

using namespace std::chrono_literals;
using test::contains;
using test::TemporaryFolder;

constexpr auto kSupervisorPatience = 10s;

Part part(const std::string& name, const std::string& script) {
  Part result;
  result.name = name;
  result.options.arguments = {"/bin/sh", "-c", script};
  return result;
}

SupervisorOptions quick() {
  SupervisorOptions options;
  options.first_delay = 1ms;
  options.longest_delay = 4ms;
  options.grace = kSupervisorPatience;
  return options;
}

// A supervisor that runs on a thread of its own, and all that it told.
class Watched {
 public:
  Watched(std::vector<Part> parts, const SupervisorOptions& options = quick())
      : supervisor_(
            std::move(parts), options,
            [this](const std::string& name, bool is_error, std::string_view line) {
              note(name + (is_error ? "! " : ": ") + std::string(line));
            },
            [this](const PartEvent& event) {
              const char* kinds[] = {"started", "restarting", "gave up", "stopped"};
              {
                const std::lock_guard lock(mutex_);
                events_.push_back(event);
              }
              note(event.part + " " + kinds[static_cast<int>(event.kind)]);
            }),
        ended_(std::async(std::launch::async, [this] { return supervisor_.run(source_.get_token()); })) {}
  ~Watched() { source_.request_stop(); }

  // Waits until this has been told `times` times.
  void await(const std::string& told, std::size_t times = 1) {
    std::unique_lock lock(mutex_);
    const bool came = changed_.wait_for(lock, kSupervisorPatience, [&] { return count(told) >= times; });
    INFO("waiting for: " << told);
    CHECK(came);
  }
  int stop() {
    source_.request_stop();
    return ended_.get();
  }
  int end() { return ended_.get(); }
  std::size_t times(const std::string& told) {
    const std::lock_guard lock(mutex_);
    return count(told);
  }
  std::vector<PartEvent> events() {
    const std::lock_guard lock(mutex_);
    return events_;
  }

 private:
  void note(const std::string& text) {
    {
      const std::lock_guard lock(mutex_);
      told_.push_back(text);
    }
    changed_.notify_all();
  }
  std::size_t count(const std::string& told) const {
    return static_cast<std::size_t>(std::count(told_.begin(), told_.end(), told));
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> told_;
  std::vector<PartEvent> events_;
  std::stop_source source_;
  Supervisor supervisor_;
  std::future<int> ended_;
};

TEST_CASE("What parts print comes line by line under their names") {
  Watched watched({part("one", "echo out; printf unfinished; echo err >&2; exec sleep 60"), part("two", "sleep 60")});
  watched.await("one: out");
  watched.await("one! err");
  watched.await("two started");
  CHECK(watched.times("one: unfinished") == 0);
  CHECK(watched.stop() == 0);
  CHECK(watched.times("one: unfinished") == 1);
  CHECK(watched.times("one stopped") == 1);
  CHECK(watched.times("two stopped") == 1);
}

TEST_CASE("A stop lets parts finish what they do") {
  Watched watched({part("kind", "trap 'echo last words; exit 0' TERM; echo ready; while :; do sleep 0.01; done")});
  watched.await("kind: ready");
  CHECK(watched.stop() == 0);
  CHECK(watched.times("kind: last words") == 1);
  REQUIRE(watched.events().back().end.has_value());
  CHECK(watched.events().back().end->code == 0);
}

TEST_CASE("A part that does not end is killed after the grace, the others are not waited for") {
  SupervisorOptions options = quick();
  options.grace = 100ms;
  Watched watched({part("deaf", "trap '' TERM; echo ready; while :; do sleep 0.02; done"),
                   part("kind", "trap 'echo last; exit 0' TERM; echo ready; while :; do sleep 0.01; done")},
                  options);
  watched.await("deaf: ready");
  watched.await("kind: ready");
  CHECK(watched.stop() == 0);
  CHECK(watched.times("kind: last") == 1);
  for (const PartEvent& event : watched.events()) {
    if (event.kind == PartEvent::Kind::Stopped && event.part == "deaf") CHECK(event.end->signal == SIGKILL);
  }
}

TEST_CASE("A part that crashes is started again, with growing delays") {
  const TemporaryFolder folder;
  const std::string runs = (folder / "runs").string();
  Watched watched({part("weak", "echo x >> " + runs + "; [ $(wc -l < " + runs +
                                    ") -lt 6 ] && kill -SEGV $$; echo up at last; exec sleep 60")});
  watched.await("weak: up at last");
  CHECK(watched.times("weak started") == 6);
  std::vector<std::chrono::milliseconds> delays;
  for (const PartEvent& event : watched.events()) {
    if (event.kind != PartEvent::Kind::Restarting) continue;
    delays.push_back(event.delay);
    CHECK(event.end->signal == SIGSEGV);
  }
  CHECK(delays == std::vector<std::chrono::milliseconds>{1ms, 2ms, 4ms, 4ms, 4ms});
  CHECK(watched.stop() == 0);
}

TEST_CASE("The delay is short again after a part has run well") {
  SupervisorOptions options = quick();
  options.stable_after = 0ms;
  Watched watched({part("weak", "exit 1")}, options);
  watched.await("weak restarting", 5);
  CHECK(watched.stop() == 0);
  for (const PartEvent& event : watched.events()) {
    if (event.kind == PartEvent::Kind::Restarting) CHECK(event.delay == 1ms);
  }
}

TEST_CASE("A part that ends without a failure is started again too: it is to run") {
  Watched watched({part("short", "exit 0")});
  watched.await("short started", 3);
  CHECK(watched.stop() == 0);
}

TEST_CASE("A part that cannot start is given up at once, the others go on") {
  Watched watched({part("wrong", "echo 'no such flag' >&2; exit 2"), part("right", "echo ready; exec sleep 60")});
  watched.await("wrong gave up");
  watched.await("right: ready");
  CHECK(watched.times("wrong! no such flag") == 1);
  CHECK(watched.times("wrong started") == 1);
  CHECK(watched.times("right stopped") == 0);
  CHECK(watched.stop() == 0);
  CHECK(watched.times("right stopped") == 1);
}

TEST_CASE("When all parts have been given up the supervisor ends with their code") {
  Watched input({part("input", "exit 3")});
  CHECK(input.end() == 3);
  Part missing;
  missing.name = "missing";
  missing.options.arguments = {"/nowhere/animalctl"};
  Watched gone({missing});
  CHECK(gone.end() == 5);
  REQUIRE(gone.events().size() == 1);
  CHECK(contains(gone.events()[0].reason, "/nowhere/animalctl"));
}

TEST_CASE("A part is started when what it waits for is there") {
  std::promise<void> there;
  std::shared_future<void> future = there.get_future().share();
  Part late = part("late", "echo ready; exec sleep 60");
  late.await = [future](const std::stop_token&) {
    return future.wait_for(kSupervisorPatience) == std::future_status::ready;
  };
  Watched watched({late, part("early", "echo ready; exec sleep 60")});
  watched.await("early: ready");
  CHECK(watched.times("late started") == 0);
  there.set_value();
  watched.await("late: ready");
  CHECK(watched.stop() == 0);
}

TEST_CASE("A stop ends the wait for what a part needs, and a delay before a restart") {
  SupervisorOptions options = quick();
  options.first_delay = 1h;
  Part never = part("never", "exit 0");
  never.await = [](const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any condition;
    std::unique_lock lock(mutex);
    condition.wait(lock, stop, [] { return false; });
    return false;
  };
  Watched watched({never, part("weak", "exit 1")}, options);
  watched.await("weak restarting");
  CHECK(watched.stop() == 0);
  CHECK(watched.times("never started") == 0);
}

TEST_CASE("A failing look at what a part needs is tried again, or is the end when it cannot pass") {
  Part busy = part("busy", "exec sleep 60");
  int calls = 0;
  busy.await = [&calls](const std::stop_token&) {
    if (++calls < 3) throw Error(ErrorCode::ResourceExhausted, "no watch left");
    return true;
  };
  Watched watched({busy});
  watched.await("busy started");
  CHECK(watched.times("busy restarting") == 2);
  CHECK(contains(watched.events()[0].reason, "no watch left"));
  CHECK(watched.stop() == 0);

  Part wrong = part("wrong", "exit 0");
  wrong.await = [](const std::stop_token&) -> bool {
    throw Error(ErrorCode::FailedPrecondition, "a file is in the way");
  };
  Watched hopeless({wrong});
  CHECK(hopeless.end() == 5);
}

TEST_CASE("A part that prints without end can be stopped") {
  Watched watched({part("loud", "echo ready; while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done")});
  watched.await("loud: ready");
  CHECK(watched.stop() == 0);
  CHECK(watched.times("loud stopped") == 1);
}

}  // namespace
}  // namespace animalctl::process
