#include "animalctl/base/parallel.h"

#include <algorithm>
#include <atomic>
#include <latch>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "animalctl/base/error.h"
#include "animalctl/base/progress.h"
#include "support/catch_compat.h"

namespace animalctl {
namespace {

TEST_CASE("every item is worked on once, with any number of threads") {
  for (const int threads : {-1, 0, 1, 2, 8}) {
    for (const std::size_t count : {0U, 1U, 3U, 1000U}) {
      std::vector<std::atomic<int>> visits(count);
      parallel_for(count, threads, [&](std::size_t i) { ++visits[i]; });
      for (const std::atomic<int>& visit : visits) REQUIRE(visit == 1);
    }
  }
}

TEST_CASE("items run at the same time on as many threads as asked for") {
  // Each item waits for the other, so one thread alone would never end.
  std::latch both(2);
  std::mutex mutex;
  std::set<std::thread::id> threads;
  parallel_for(2, 2, [&](std::size_t) {
    both.arrive_and_wait();
    const std::lock_guard lock(mutex);
    threads.insert(std::this_thread::get_id());
  });
  CHECK(threads.size() == 2);
}

TEST_CASE("progress is reported on the caller's thread, grows and ends at the count") {
  for (const int threads : {1, 3}) {
    const std::thread::id caller = std::this_thread::get_id();
    std::vector<std::size_t> reports;
    bool on_caller = true;
    parallel_for(
        200, threads, [](std::size_t) {},
        [&](std::size_t finished) {
          on_caller = on_caller && std::this_thread::get_id() == caller;
          reports.push_back(finished);
        });
    CHECK(on_caller);
    CHECK(std::is_sorted(reports.begin(), reports.end()));
    REQUIRE_FALSE(reports.empty());
    CHECK(reports.back() == 200);
  }
}

TEST_CASE("the first exception stops the rest and reaches the caller") {
  for (const int threads : {1, 4}) {
    std::atomic<std::size_t> begun{0};
    test::require_error(ErrorCode::DataLoss, "item 5", [&] {
      parallel_for(1'000'000, threads, [&](std::size_t i) {
        ++begun;
        if (i == 5) throw Error(ErrorCode::DataLoss, "item 5 is broken");
      });
    });
    CHECK(begun < 1'000'000);
  }
}

TEST_CASE("a requested stop ends the loop early without an error") {
  for (const int threads : {1, 4}) {
    std::stop_source source;
    std::atomic<std::size_t> begun{0};
    parallel_for(
        1'000'000, threads,
        [&](std::size_t) {
          if (++begun == 10) source.request_stop();
        },
        {}, source.get_token());
    CHECK(begun >= 10);
    CHECK(begun < 1'000'000);
  }
}

TEST_CASE("there is at least one core") {
  CHECK(available_cores() >= 1);
  CHECK(available_cores() <= 65536);
}

TEST_CASE("silent progress takes every call") {
  SilentProgress progress;
  ProgressSink& sink = progress;
  sink.begin("decoding", 2);
  sink.advance(2);
  sink.end();
  SUCCEED();
}

}  // namespace
}  // namespace animalctl
