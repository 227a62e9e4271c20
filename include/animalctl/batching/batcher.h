#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "animalctl/batching/job_line.h"

namespace animalctl::batching {

// A bounded line of jobs and the workers that run them in batches (docs/adr/0006-batching.md). Thread-safe.
//
// A job goes: admit() – prepare it – push() – wait(). Refusals are immediate. An expired job is not run, nor is one
// whose client has gone; a job whose deadline passes during its run is left to the worker, so wait() always returns in
// time.
class Batcher {
 public:
  struct Options {
    BatchLimits limits;
    std::size_t capacity = 100;  // jobs being prepared or queued
    std::size_t cores = 1;       // that workers and preparation share
    // Runs that are expected to be shorter are made by the thread that brings the job, in the place of an idle worker:
    // waking one would take longer.
    Clock::duration run_here_below = std::chrono::microseconds(100);
    // The same for a job that is the only one, and whose deadline is further away than two such runs: another core
    // would have to fetch its picture first.
    Clock::duration run_alone_below = std::chrono::milliseconds(50);
  };
  // Runs 1..batch_size jobs at once; keeps errors in the jobs and throws nothing. Called by one thread a worker.
  using Run = std::function<void(std::span<Job* const>)>;
  // Takes back a job that its owner has left.
  using Recycle = std::function<void(Job&)>;

  Batcher(const Options& options, Run run, Recycle recycle);
  // close(now), then waits for the runs that are under way. No other call may be in progress.
  ~Batcher();
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  // As JobLine's. Whoever is admitted calls push() or withdraw() once.
  Admission admit();
  Admission would_admit() const;
  void withdraw();
  // May run a batch on the calling thread.
  Admission push(Job& job);

  struct Answer {
    Outcome outcome = Outcome::Done;
    bool left = false;  // the job is still with a worker: not the caller's any more, `recycle` gets it
  };
  // Waits for a pushed job until it is answered, its deadline passes, its client goes or close() gives up.
  Answer wait(Job& job);

  // Returns when exactly so many workers run. With none, queued jobs are answered NoWorker.
  void scale(std::size_t workers);
  struct WorkerFacts {
    int id = 0;  // 9000, 9001, …
    std::chrono::system_clock::time_point started;
  };
  std::vector<WorkerFacts> workers() const;
  std::size_t queued() const;     // waiting for a worker
  std::size_t preparing() const;  // admitted and not pushed yet

  // Admits nothing more, waits until all that was admitted is answered, at `deadline` answers the rest Closed.
  // Idempotent.
  void close(Clock::time_point deadline);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace animalctl::batching
