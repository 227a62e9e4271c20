#include "animalctl/batching/job_line.h"

#include <deque>
#include <optional>
#include <random>
#include <vector>

#include "support/catch_compat.h"

namespace animalctl::batching {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kCapacity = 12;

struct Numbered : Job {
  std::size_t number = 0;
};

// A worker of the simulation.
struct Run {
  std::vector<Job*> jobs;
  Clock::time_point begun;
  Clock::time_point ends;
};

// A line under a puppet clock: arrivals, preparation, runs, deadlines and departures happen when a seeded generator
// says. After every event the workers are given what the policy says, as Batcher does.
class Simulation {
 public:
  Simulation(unsigned seed, const BatchLimits& limits, std::size_t workers)
      : random_(seed), limits_(limits), line_({limits, kCapacity, 2}), batch_(limits.batch_size) {
    for (std::size_t i = 0; i < workers; ++i) line_.add_worker();
  }

  void run(int events) {
    for (int i = 0; i < events; ++i) {
      now_ += std::chrono::microseconds(below(1500));
      switch (below(10)) {
        case 0:
        case 1:
        case 2:
        case 3:
          arrive();
          break;
        case 4:
        case 5:
        case 6:
          become_ready();
          break;
        case 7:
          fail_to_prepare();
          break;
        case 8:
          leave();
          break;
        default:
          break;
      }
      end_runs();
      dispatch();
      check();
    }
  }

  // No more arrivals: everything that was accepted is answered, given time.
  void drain() {
    line_.close();
    CHECK(line_.admit() == Admission::Closed);
    for (int i = 0; i < 10'000 && !line_.at_rest(); ++i) {
      now_ += 1ms;
      become_ready();
      end_runs();
      dispatch();
      check();
    }
    CHECK(line_.at_rest());
    CHECK(started_ + left_ == pushed_.size());
  }

  std::size_t started() const { return started_; }
  std::size_t greatest_batch() const { return greatest_; }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }

  void arrive() {
    const std::size_t held = line_.queued() + line_.preparing();
    const Admission admission = line_.admit();
    REQUIRE((admission == Admission::Full) == (held >= kCapacity));
    if (admission == Admission::Admitted) ++preparing_;
  }

  void become_ready() {
    if (preparing_ == 0) return;
    --preparing_;
    Numbered& job = jobs_.emplace_back();
    job.number = pushed_.size();
    pushed_.push_back(&job);
    REQUIRE(line_.push(job, now_) == Admission::Admitted);
    waiting_.push_back(&job);
  }

  void fail_to_prepare() {
    if (preparing_ == 0) return;
    --preparing_;
    line_.withdraw();
  }

  void leave() {
    if (waiting_.empty()) return;
    const auto who = waiting_.begin() + static_cast<std::ptrdiff_t>(below(waiting_.size()));
    line_.remove(**who);
    waiting_.erase(who);
    ++left_;
  }

  void end_runs() {
    for (auto& run : runs_) {
      if (!run || now_ < run->ends) continue;
      line_.finish(run->jobs.size(), run->jobs.size(), run->ends - run->begun);
      run.reset();
    }
  }

  void dispatch() {
    while (true) {
      const Decision decision = line_.decide(now_);
      if (decision.take == 0) {
        check_hold(decision);
        return;
      }
      REQUIRE(line_.idle_workers() > 0);
      const std::size_t taken = line_.take(decision.take, batch_);
      REQUIRE(taken == decision.take);
      begin_run(taken);
    }
  }

  void begin_run(std::size_t taken) {
    REQUIRE(taken <= limits_.batch_size);
    greatest_ = std::max(greatest_, taken);
    Run run{{batch_.begin(), batch_.begin() + static_cast<std::ptrdiff_t>(taken)}, now_, now_};
    run.ends += std::chrono::microseconds(500 + 700 * taken + below(2000));
    for (Job* const job : run.jobs) {
      // First in, first out: exactly the one that has waited longest.
      REQUIRE(job == waiting_.front());
      waiting_.pop_front();
      ++started_;
    }
    for (auto& place : runs_) {
      if (place) continue;
      place = std::move(run);
      return;
    }
    runs_.emplace_back(std::move(run));
  }

  // A job may be held by an idle worker until max_delay after it became ready, and the moment is named.
  void check_hold(const Decision& decision) const {
    if (waiting_.empty() || line_.idle_workers() == 0) {
      CHECK(decision.until == kNever);
      return;
    }
    CHECK(decision.until > now_);
    CHECK(decision.until <= waiting_.front()->ready + limits_.max_delay);
  }

  void check() const {
    REQUIRE(line_.queued() == waiting_.size());
    REQUIRE(line_.preparing() == preparing_);
    REQUIRE(line_.queued() + line_.preparing() <= kCapacity);
  }

  std::mt19937 random_;
  const BatchLimits limits_;
  JobLine line_;
  std::vector<Job*> batch_;
  Clock::time_point now_{1h};
  std::size_t preparing_ = 0;
  std::deque<Numbered> jobs_;
  std::vector<Job*> pushed_;
  std::deque<Job*> waiting_;
  std::vector<std::optional<Run>> runs_;
  std::size_t started_ = 0;
  std::size_t left_ = 0;
  std::size_t greatest_ = 0;
};

}  // namespace

TEST_CASE("no random schedule loses, reorders, exceeds or starves", "[batching]") {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    const std::size_t batch = 1 + seed % 9;
    const std::size_t workers = 1 + seed % 3;
    INFO("seed " << seed << ", batches of " << batch << ", " << workers << " workers");
    Simulation simulation(seed, {batch, std::chrono::milliseconds(seed % 4 * 5)}, workers);
    simulation.run(2000);
    simulation.drain();
    CHECK(simulation.started() > 300);
    if (batch > 1) CHECK(simulation.greatest_batch() > 1);
  }
}

TEST_CASE("a line without workers, full or closed says so, and takes back admissions", "[batching]") {
  JobLine line({{1, 0ms}, 1, 1});
  Job job;
  CHECK(line.admit() == Admission::NoWorker);
  line.add_worker();
  CHECK(line.admit() == Admission::Admitted);
  CHECK(line.would_admit() == Admission::Full);
  line.withdraw();
  CHECK(line.admit() == Admission::Admitted);
  line.remove_worker();
  CHECK(line.push(job, Clock::time_point(1h)) == Admission::NoWorker);
  CHECK(line.preparing() == 0);
  line.add_worker();
  CHECK(line.admit() == Admission::Admitted);
  line.close();
  CHECK(line.admit() == Admission::Closed);
  line.cancel();
  CHECK(line.push(job, Clock::time_point(1h)) == Admission::Closed);
  CHECK(line.at_rest());
}

TEST_CASE("jobs leave a line from its front, middle and end", "[batching]") {
  JobLine line({{8, 0ms}, 8, 1});
  line.add_worker();
  std::deque<Job> jobs(5);
  const Clock::time_point now(1h);
  for (Job& job : jobs) {
    REQUIRE(line.admit() == Admission::Admitted);
    REQUIRE(line.push(job, now) == Admission::Admitted);
  }
  line.remove(jobs[2]);
  line.remove(jobs[0]);
  line.remove(jobs[4]);
  std::vector<Job*> batch(8);
  REQUIRE(line.take(8, batch) == 2);
  CHECK(batch[0] == &jobs[1]);
  CHECK(batch[1] == &jobs[3]);
  // More may join until the worker begins.
  REQUIRE(line.admit() == Admission::Admitted);
  REQUIRE(line.push(jobs[0], now) == Admission::Admitted);
  REQUIRE(line.top_up(2, batch) == 3);
  CHECK(batch[2] == &jobs[0]);
  CHECK_FALSE(line.at_rest());
  line.finish(3, 3, 1ms);
  CHECK(line.at_rest());
}

}  // namespace animalctl::batching
