#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "animalctl/batching/batch_policy.h"
#include "animalctl/batching/load_estimate.h"

namespace animalctl::batching {

// Where a job is. Only the owner moves Idle → Queued (JobLine::push) and Running → Left, only a worker the others.
enum class JobState : std::uint32_t {
  Idle,      // its owner's
  Queued,    // in the line
  Claimed,   // a worker has taken it and looks whether it is still wanted
  Running,   // its batch is being run
  Left,      // its owner has gone meanwhile: the worker gives it back
  Answered,  // its owner's again, with an outcome
};

enum class Outcome {
  Done,
  DeadlineExceeded,  // not run, or its owner left before the run ended
  ClientGone,        // not run, as nobody waits for it
  NoWorker,          // not run, as the last worker has gone
  Closed,            // not run, or not waited for, as the line was closed
};

// One piece of work, made once and used again. It must stay where it is, and alive, while a worker may know it.
class Job {
 public:
  Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  // Set by the owner before push().
  Clock::time_point deadline = kNever;
  const std::function<bool()>* client_is_there = nullptr;  // null: always; called by the worker or the owner

  // Set before the job is answered.
  Outcome outcome = Outcome::Done;
  Clock::time_point ready{};     // when it was queued
  Clock::time_point taken{};     // when a worker began
  Clock::duration inference{0};  // of its run
  std::size_t batch = 0;         // jobs of its run

 private:
  friend class JobLine;
  friend class Batcher;
  std::atomic<JobState> state_{JobState::Idle};
  Clock::time_point ask_again_ = kNever;  // when its owner looks whether it has been held long enough
  Job* previous_ = nullptr;
  Job* next_ = nullptr;
};

enum class Admission { Admitted, Full, NoWorker, Closed };

// The bounded line of jobs with the counts the policy needs; first in, first out. It never waits, and time is given to
// it, so that a test can turn the clock. Not thread-safe: Batcher holds a lock around it.
class JobLine {
 public:
  struct Options {
    BatchLimits limits;
    std::size_t capacity = 100;  // accepted jobs that no worker has taken yet: being prepared or queued
    std::size_t cores = 1;
  };
  explicit JobLine(const Options& options) : options_(options) {}

  // Accepts a job that is still to be prepared. Whoever is admitted calls push() or withdraw() once.
  Admission admit();
  // The same answer without accepting anything.
  Admission would_admit() const;
  void withdraw();
  // Queues an admitted job. Anything but Admitted: it is not queued, and the admission is given back.
  Admission push(Job& job, Clock::time_point now);
  // Takes a queued job out again, from anywhere in the line.
  void remove(Job& job);

  Decision decide(Clock::time_point now) const;
  // An idle worker becomes busy with the first jobs of the line: as many as `jobs` has room for and there are, but at
  // most batch_size. They are Claimed. Returns how many.
  std::size_t take(std::size_t count, std::span<Job*> jobs);
  // More jobs for a worker that is busy with the first `taken` of `jobs` but has not begun: up to a fair batch. Returns
  // how many it has then.
  std::size_t top_up(std::size_t taken, std::span<Job*> jobs);
  // The first jobs.size() ≤ queued() jobs, for nobody: to be answered without a run. They are Claimed.
  void take_all(std::span<Job*> jobs);
  // A busy worker is idle again: of the jobs it took it ran `ran` (0: none was still wanted).
  void finish(std::size_t taken, std::size_t ran, Clock::duration duration);

  void add_worker();     // idle
  void remove_worker();  // an idle one
  // No job is accepted any more; those that are may still be pushed.
  void close() { closed_ = true; }
  // Nor pushed.
  void cancel() { cancelled_ = true; }

  std::size_t queued() const { return queued_; }
  std::size_t preparing() const { return preparing_; }
  std::size_t workers() const { return idle_ + busy_; }
  std::size_t idle_workers() const { return idle_; }
  // True when nothing that was accepted is unanswered.
  bool at_rest() const { return queued_ == 0 && preparing_ == 0 && busy_ == 0; }
  Clock::duration inference(std::size_t batch) const { return estimate_.inference(batch); }

 private:
  Job* pop();
  Situation situation() const;

  const Options options_;
  Job* first_ = nullptr;
  Job* last_ = nullptr;
  std::size_t queued_ = 0;
  std::size_t preparing_ = 0;
  std::size_t running_ = 0;
  std::size_t idle_ = 0;
  std::size_t busy_ = 0;
  bool closed_ = false;
  bool cancelled_ = false;
  LoadEstimate estimate_;
};

}  // namespace animalctl::batching
