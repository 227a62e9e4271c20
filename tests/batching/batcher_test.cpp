#include "animalctl/batching/batcher.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "support/catch_compat.h"

namespace animalctl::batching {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 5s;

// Runs that a test can hold and let go.
class Runs {
 public:
  void operator()(std::span<Job* const> jobs) {
    std::unique_lock lock(mutex_);
    batches_.emplace_back(jobs.begin(), jobs.end());
    changed_.notify_all();
    changed_.wait_for(lock, kPatience, [&] { return !holding_; });
  }
  void hold(bool holding) {
    {
      const std::lock_guard lock(mutex_);
      holding_ = holding;
    }
    changed_.notify_all();
  }
  void wait_for(std::size_t batches) {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, kPatience, [&] { return batches_.size() >= batches; }));
  }
  std::vector<std::vector<Job*>> batches() {
    const std::lock_guard lock(mutex_);
    return batches_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool holding_ = false;
  std::vector<std::vector<Job*>> batches_;
};

struct Fixture {
  explicit Fixture(std::size_t batch_size, std::size_t capacity = 100, Clock::duration run_here_below = 0ns)
      : batcher(
            {{batch_size, 100ms}, capacity, 2, run_here_below, 0ns}, [this](std::span<Job* const> jobs) { runs(jobs); },
            [this](Job&) { ++recycled; }) {}

  void push(Job& job) {
    REQUIRE(batcher.admit() == Admission::Admitted);
    REQUIRE(batcher.push(job) == Admission::Admitted);
  }

  Runs runs;
  std::atomic<int> recycled{0};
  Batcher batcher;
};

}  // namespace

TEST_CASE("what queues while the only worker is busy is run as one batch, in order", "[batching]") {
  Fixture fixture(4);
  fixture.batcher.scale(1);
  fixture.runs.hold(true);
  std::vector<std::unique_ptr<Job>> jobs;
  for (int i = 0; i < 7; ++i) jobs.push_back(std::make_unique<Job>());
  fixture.push(*jobs[0]);
  fixture.runs.wait_for(1);
  for (int i = 1; i < 7; ++i) fixture.push(*jobs[i]);
  CHECK(fixture.batcher.queued() == 6);
  fixture.runs.hold(false);
  for (auto& job : jobs) CHECK(fixture.batcher.wait(*job).outcome == Outcome::Done);
  const auto batches = fixture.runs.batches();
  REQUIRE(batches.size() == 3);
  CHECK(batches[1] == std::vector<Job*>{jobs[1].get(), jobs[2].get(), jobs[3].get(), jobs[4].get()});
  CHECK(batches[2] == std::vector<Job*>{jobs[5].get(), jobs[6].get()});
  CHECK(jobs[1]->batch == 4);
  CHECK(jobs[6]->batch == 2);
  CHECK(jobs[1]->taken >= jobs[1]->ready);
}

TEST_CASE("a full line refuses at once, and has room again when a worker takes from it", "[batching]") {
  Fixture fixture(1, 2);
  CHECK(fixture.batcher.admit() == Admission::NoWorker);
  fixture.batcher.scale(1);
  fixture.runs.hold(true);
  Job running;
  Job first;
  Job second;
  fixture.push(running);
  fixture.runs.wait_for(1);
  fixture.push(first);
  fixture.push(second);
  CHECK(fixture.batcher.would_admit() == Admission::Full);
  CHECK(fixture.batcher.admit() == Admission::Full);
  fixture.runs.hold(false);
  for (Job* const job : {&running, &first, &second}) CHECK(fixture.batcher.wait(*job).outcome == Outcome::Done);
  CHECK(fixture.batcher.would_admit() == Admission::Admitted);
}

TEST_CASE("a job that expires in the line is answered at its deadline and not run", "[batching]") {
  Fixture fixture(4);
  fixture.batcher.scale(1);
  fixture.runs.hold(true);
  Job running;
  Job late;
  Job patient;
  fixture.push(running);
  fixture.runs.wait_for(1);
  late.deadline = Clock::now() + 5ms;
  fixture.push(late);
  fixture.push(patient);
  const Batcher::Answer answer = fixture.batcher.wait(late);
  CHECK(answer.outcome == Outcome::DeadlineExceeded);
  CHECK_FALSE(answer.left);
  CHECK(Clock::now() >= late.deadline);
  CHECK(Clock::now() < late.deadline + 2s);
  fixture.runs.hold(false);
  CHECK(fixture.batcher.wait(patient).outcome == Outcome::Done);
  CHECK(fixture.batcher.wait(running).outcome == Outcome::Done);
  CHECK(fixture.runs.batches()[1] == std::vector<Job*>{&patient});
}

TEST_CASE("a job whose deadline passes during its run is left to the worker, which gives it back", "[batching]") {
  Fixture fixture(1);
  fixture.batcher.scale(1);
  fixture.runs.hold(true);
  Job job;
  job.deadline = Clock::now() + 20ms;
  fixture.push(job);
  const Batcher::Answer answer = fixture.batcher.wait(job);
  CHECK(answer.outcome == Outcome::DeadlineExceeded);
  // Left, unless the worker was not even awake by then.
  const bool ran = !fixture.runs.batches().empty();
  CHECK((answer.left || !ran));
  fixture.runs.hold(false);
  fixture.batcher.scale(0);
  CHECK(fixture.recycled == (answer.left ? 1 : 0));
}

TEST_CASE("a job that is past its deadline when a worker comes costs no run", "[batching]") {
  Fixture fixture(4);
  fixture.batcher.scale(1);
  Job job;
  job.deadline = Clock::now() - 1ns;
  fixture.push(job);
  CHECK(fixture.batcher.wait(job).outcome == Outcome::DeadlineExceeded);
  fixture.batcher.close(Clock::now() + kPatience);
  CHECK(fixture.runs.batches().empty());
}

TEST_CASE("a job whose client has gone costs no run", "[batching]") {
  Fixture fixture(4);
  fixture.batcher.scale(1);
  fixture.runs.hold(true);
  std::atomic<bool> there{true};
  const std::function<bool()> client = [&] { return there.load(); };
  Job running;
  Job gone;
  Job stays;
  gone.client_is_there = &client;
  stays.client_is_there = nullptr;
  fixture.push(running);
  fixture.runs.wait_for(1);
  fixture.push(gone);
  fixture.push(stays);
  there = false;
  fixture.runs.hold(false);
  CHECK(fixture.batcher.wait(gone).outcome == Outcome::ClientGone);
  CHECK(fixture.batcher.wait(stays).outcome == Outcome::Done);
  CHECK(fixture.batcher.wait(running).outcome == Outcome::Done);
  CHECK(fixture.runs.batches()[1] == std::vector<Job*>{&stays});
}

TEST_CASE("a client that goes while its job waits frees its place without a worker's help", "[batching]") {
  Fixture fixture(4, 1);
  fixture.batcher.scale(1);
  fixture.runs.hold(true);
  const std::function<bool()> client = [] { return false; };
  Job running;
  Job gone;
  gone.client_is_there = &client;
  fixture.push(running);
  fixture.runs.wait_for(1);
  fixture.push(gone);
  CHECK(fixture.batcher.wait(gone).outcome == Outcome::ClientGone);
  CHECK(fixture.batcher.would_admit() == Admission::Admitted);
  fixture.runs.hold(false);
  CHECK(fixture.batcher.wait(running).outcome == Outcome::Done);
}

TEST_CASE("workers come and go while jobs run, and with the last one the line is answered", "[batching]") {
  Fixture fixture(1);
  fixture.batcher.scale(3);
  auto workers = fixture.batcher.workers();
  REQUIRE(workers.size() == 3);
  CHECK(workers[0].id == 9000);
  CHECK(workers[2].id == 9002);
  fixture.runs.hold(true);
  std::vector<std::unique_ptr<Job>> jobs;
  for (int i = 0; i < 5; ++i) {
    jobs.push_back(std::make_unique<Job>());
    fixture.push(*jobs.back());
  }
  fixture.runs.wait_for(3);
  std::jthread scaler([&] { fixture.batcher.scale(0); });
  fixture.runs.hold(false);
  scaler.join();
  CHECK(fixture.batcher.workers().empty());
  int done = 0;
  for (auto& job : jobs) {
    const Outcome outcome = fixture.batcher.wait(*job).outcome;
    done += outcome == Outcome::Done ? 1 : 0;
    CHECK((outcome == Outcome::Done || outcome == Outcome::NoWorker));
  }
  CHECK(done >= 3);
  CHECK(fixture.batcher.admit() == Admission::NoWorker);
  fixture.batcher.scale(1);
  Job again;
  fixture.push(again);
  CHECK(fixture.batcher.wait(again).outcome == Outcome::Done);
}

TEST_CASE("close answers what was accepted and refuses the rest", "[batching]") {
  Fixture fixture(2);
  fixture.batcher.scale(1);
  fixture.runs.hold(true);
  Job running;
  Job queued;
  Job prepared;
  fixture.push(running);
  fixture.runs.wait_for(1);
  fixture.push(queued);
  REQUIRE(fixture.batcher.admit() == Admission::Admitted);
  std::jthread closer([&] { fixture.batcher.close(Clock::now() + kPatience); });
  while (fixture.batcher.would_admit() != Admission::Closed) std::this_thread::yield();
  CHECK(fixture.batcher.admit() == Admission::Closed);
  // What was admitted before still comes in.
  REQUIRE(fixture.batcher.push(prepared) == Admission::Admitted);
  fixture.runs.hold(false);
  for (Job* const job : {&running, &queued, &prepared}) CHECK(fixture.batcher.wait(*job).outcome == Outcome::Done);
}

TEST_CASE("close gives up at its deadline: everybody is answered, the run is left to its worker", "[batching]") {
  Fixture fixture(1);
  fixture.batcher.scale(1);
  fixture.runs.hold(true);
  Job running;
  Job queued;
  fixture.push(running);
  fixture.runs.wait_for(1);
  fixture.push(queued);
  fixture.batcher.close(Clock::now() + 5ms);
  CHECK(fixture.batcher.wait(queued).outcome == Outcome::Closed);
  const Batcher::Answer answer = fixture.batcher.wait(running);
  CHECK(answer.outcome == Outcome::Closed);
  CHECK(answer.left);
  CHECK(fixture.recycled == 0);
  fixture.runs.hold(false);
  fixture.batcher.scale(0);
  CHECK(fixture.recycled == 1);
  fixture.batcher.close(Clock::now());
}

TEST_CASE("a run that is known to be short is made by the thread that brings the job", "[batching]") {
  std::vector<std::thread::id> ran_on;
  Batcher batcher(
      {{4, 0ms}, 10, 2, 1h, 0ns}, [&](std::span<Job* const>) { ran_on.push_back(std::this_thread::get_id()); },
      [](Job&) {});
  batcher.scale(1);
  // A worker answers first and is idle a moment later; until then it takes the next job itself.
  const Clock::time_point end = Clock::now() + kPatience;
  do {
    Job job;
    REQUIRE(batcher.admit() == Admission::Admitted);
    REQUIRE(batcher.push(job) == Admission::Admitted);
    CHECK(batcher.wait(job).outcome == Outcome::Done);
    std::this_thread::yield();
  } while (ran_on.back() != std::this_thread::get_id() && Clock::now() < end);
  CHECK(ran_on.front() != std::this_thread::get_id());
  CHECK(ran_on.back() == std::this_thread::get_id());
}

TEST_CASE("a job that is the only one is run by the thread that brings it", "[batching]") {
  std::vector<std::thread::id> ran_on;
  const std::thread::id here = std::this_thread::get_id();
  Batcher batcher(
      {{4, 0ms}, 10, 2, 0ns, 1h}, [&](std::span<Job* const>) { ran_on.push_back(std::this_thread::get_id()); },
      [](Job&) {});
  batcher.scale(1);
  const auto run_one = [&] {
    Job job;
    REQUIRE(batcher.admit() == Admission::Admitted);
    REQUIRE(batcher.push(job) == Admission::Admitted);
    CHECK(batcher.wait(job).outcome == Outcome::Done);
  };
  // Until the worker of the first run is idle it takes the next job itself.
  const Clock::time_point end = Clock::now() + kPatience;
  do {
    run_one();
    std::this_thread::yield();
  } while (ran_on.back() != here && Clock::now() < end);
  CHECK(ran_on.back() == here);
  // One that is being decoded may soon want a core.
  REQUIRE(batcher.admit() == Admission::Admitted);
  run_one();
  CHECK(ran_on.back() != here);
  batcher.withdraw();
}

TEST_CASE("a job whose deadline could pass during its run is left to a worker", "[batching]") {
  constexpr auto kRun = 20ms;
  std::atomic<int> ran_here{0};
  const std::thread::id here = std::this_thread::get_id();
  std::vector<std::unique_ptr<Job>> jobs;  // a worker may still have one
  Batcher batcher(
      {{4, 0ms}, 10, 2, 0ns, 1h},
      [&](std::span<Job* const>) {
        if (std::this_thread::get_id() == here) ++ran_here;
        for (const Clock::time_point end = Clock::now() + kRun; Clock::now() < end;) std::this_thread::yield();
      },
      [](Job&) {});
  batcher.scale(1);
  for (int i = 0; i < 5; ++i) {
    Job& job = *jobs.emplace_back(std::make_unique<Job>());
    // The first run tells how long one takes.
    if (i > 0) job.deadline = Clock::now() + 3 * kRun / 2;
    REQUIRE(batcher.admit() == Admission::Admitted);
    REQUIRE(batcher.push(job) == Admission::Admitted);
    batcher.wait(job);
  }
  CHECK(ran_here == 0);
}

TEST_CASE("many threads, random deadlines and scaling: every job has one outcome and one owner", "[batching]") {
  for (const auto run_here_below : {Clock::duration(0ns), Clock::duration(1h)}) {
    std::atomic<std::size_t> ran{0};
    std::atomic<std::size_t> recycled{0};
    std::atomic<std::size_t> done{0};
    std::atomic<std::size_t> left{0};
    std::atomic<std::size_t> other{0};
    Batcher batcher(
        {{5, 1ms}, 6, 2, run_here_below, run_here_below},
        [&](std::span<Job* const> jobs) {
          ran += jobs.size();
          if (ran % 7 == 0) std::this_thread::yield();
        },
        [&](Job&) { ++recycled; });
    batcher.scale(2);
    {
      std::vector<std::jthread> threads;
      for (unsigned t = 0; t < 8; ++t) {
        threads.emplace_back([&, t] {
          std::mt19937 random(t);
          // Jobs that are left to a worker must stay alive: none is used again here.
          static thread_local std::vector<std::unique_ptr<Job>> jobs;
          for (int i = 0; i < 300; ++i) {
            if (batcher.admit() != Admission::Admitted) {
              std::this_thread::yield();
              continue;
            }
            if (random() % 10 == 0) {
              batcher.withdraw();
              continue;
            }
            Job& job = *jobs.emplace_back(std::make_unique<Job>());
            job.deadline = Clock::now() + std::chrono::microseconds(random() % 3 == 0 ? random() % 200 : 5'000'000);
            if (batcher.push(job) != Admission::Admitted) continue;
            const Batcher::Answer answer = batcher.wait(job);
            ++(answer.left ? left : answer.outcome == Outcome::Done ? done : other);
          }
          while (recycled < left) std::this_thread::yield();
        });
      }
      threads.emplace_back([&] {
        for (std::size_t i = 0; i < 20; ++i) batcher.scale(1 + i % 4);
      });
    }
    batcher.close(Clock::now() + kPatience);
    CHECK(ran == done + left);
    CHECK(recycled == left);
    CHECK(done > 100);
    CHECK(batcher.queued() == 0);
    CHECK(batcher.preparing() == 0);
  }
}

}  // namespace animalctl::batching
