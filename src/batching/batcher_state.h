#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "animalctl/batching/batcher.h"

namespace animalctl::batching {

// What the thread of a place is told.
enum class Command : std::uint32_t {
  None,
  Run,   // a batch lies at the place
  Look,  // jobs are being held: find out until when, and see to it
  Exit,
};

// A place to run batches at: it has a thread, but while that is idle, a thread that brings a job may use it too.
struct WorkerPlace {
  WorkerPlace(int number, std::size_t batch_size) : id(number), jobs(batch_size) {}
  void call(Command told);

  const int id;
  const std::chrono::system_clock::time_point started = std::chrono::system_clock::now();
  std::vector<Job*> jobs;  // the batch, and its size: of whoever dispatches, under the lock, then of whoever runs it
  std::size_t count = 0;
  std::size_t ran = 0;   // of these, once the run has ended
  bool leaving = false;  // guarded by the batcher's mutex
  std::atomic<Command> command{Command::None};
  std::thread thread;
};

// Asks the job's client; without one, it has not gone.
bool client_has_gone(const Job& job);
// A list of places for one call, kept by this thread so that nothing is allocated.
std::vector<WorkerPlace*>& empty_list();

// Threads in three groups meet here: those that bring jobs, workers, and those that scale or close. One lock, held for
// less than a microsecond; nothing foreign is called under it.
struct Batcher::State {
  State(const Options& given, Run run_batch, Recycle take_back)
      : options(given),
        run(std::move(run_batch)),
        recycle(std::move(take_back)),
        line({given.limits, given.capacity, given.cores}) {}

  // The life of a place's thread.
  void work(WorkerPlace& place);
  // Runs the batch that lies at the place, and further ones while the policy gives it some. Returns until when jobs are
  // held; nothing when the place is given up.
  bool run_as_worker(WorkerPlace& place, Clock::time_point& held_until);
  // Whether the thread that brought `job` should run the batch that was dispatched for it, rather than wake a worker.
  // Under the lock.
  bool better_here(const WorkerPlace& place, const Job& job) const;
  // Runs it once, on the thread that brought a job.
  void run_here(WorkerPlace& place);
  // The batch itself, without the lock. Returns how long it took and, in place.ran, how many jobs were run.
  Clock::duration run_batch(WorkerPlace& place);

  // Lays batches at idle places as the policy says, adds these to `called`, and returns when to ask again. Under the
  // lock.
  Clock::time_point dispatch(std::vector<WorkerPlace*>& called);
  Clock::time_point dispatch_and_call();
  // A batch has ended. False when the place is given up. Under the lock.
  bool release(WorkerPlace& place, Clock::duration duration);

  void answer(Job& job, Outcome outcome);
  void answer_all_queued(Outcome outcome);
  // Takes a job that its owner will not wait for from line or worker; false when it has been answered meanwhile.
  bool leave(Job& job, bool& left_to_worker);
  // Under the lock.
  void notify_if_at_rest();

  const Options options;
  const Run run;
  const Recycle recycle;

  mutable std::mutex mutex;
  JobLine line;                                      // guarded by mutex
  std::vector<std::unique_ptr<WorkerPlace>> places;  // guarded by mutex
  std::vector<WorkerPlace*> idle;                    // guarded by mutex; the last is the one that ran last
  bool closing = false;                              // guarded by mutex
  std::condition_variable at_rest;                   // with mutex
  std::atomic<bool> cancelled{false};
  std::mutex scaling;  // held by scale() as a whole
};

}  // namespace animalctl::batching
