#include "batching/batcher_state.h"

#include "batching/futex.h"

namespace animalctl::batching {

std::vector<WorkerPlace*>& empty_list() {
  thread_local std::vector<WorkerPlace*> list;
  list.clear();
  return list;
}

bool client_has_gone(const Job& job) {
  return job.client_is_there != nullptr && *job.client_is_there && !(*job.client_is_there)();
}

void WorkerPlace::call(Command told) {
  command.store(told, std::memory_order_release);
  wake_one(&command);
}

void Batcher::State::work(WorkerPlace& place) {
  Clock::time_point held_until = kNever;
  while (true) {
    switch (place.command.exchange(Command::None, std::memory_order_acquire)) {
      case Command::Run:
        if (!run_as_worker(place, held_until)) return;
        continue;
      case Command::Look:
        held_until = dispatch_and_call();
        continue;
      case Command::Exit:
        return;
      case Command::None:
        break;
    }
    if (Clock::now() >= held_until) {
      held_until = dispatch_and_call();
    } else {
      wait_while(place.command, Command::None, held_until);
    }
  }
}

bool Batcher::State::run_as_worker(WorkerPlace& place, Clock::time_point& held_until) {
  bool mine = true;
  while (mine) {
    {
      // Jobs that came while this thread was being woken.
      const std::lock_guard lock(mutex);
      place.count = line.top_up(place.count, place.jobs);
    }
    const Clock::duration duration = run_batch(place);
    std::vector<WorkerPlace*>& called = empty_list();
    {
      const std::lock_guard lock(mutex);
      if (!release(place, duration)) return false;
      held_until = dispatch(called);
    }
    mine = false;
    for (WorkerPlace* const other : called) {
      if (other == &place) {
        mine = true;
      } else {
        other->call(Command::Run);
      }
    }
  }
  return true;
}

bool Batcher::State::better_here(const WorkerPlace& place, const Job& job) const {
  const Clock::duration expected = line.inference(place.count);
  if (expected <= Clock::duration::zero()) return false;
  if (expected < options.run_here_below) return true;
  const bool alone = line.queued() == 0 && line.preparing() == 0 && idle.size() + 1 == places.size();
  // Nobody would answer for this thread when its deadline passes during the run.
  return alone && expected < options.run_alone_below && Clock::now() + 2 * expected < job.deadline;
}

void Batcher::State::run_here(WorkerPlace& place) {
  const Clock::duration duration = run_batch(place);
  std::vector<WorkerPlace*>& called = empty_list();
  WorkerPlace* looker = nullptr;
  {
    const std::lock_guard lock(mutex);
    if (!release(place, duration)) {
      place.call(Command::Exit);
      return;
    }
    // This thread goes its way: if jobs are held, another has to see to it.
    if (dispatch(called) != kNever) looker = idle.back();
    if (looker != nullptr) looker->call(Command::Look);
  }
  for (WorkerPlace* const other : called) other->call(Command::Run);
}

Clock::duration Batcher::State::run_batch(WorkerPlace& place) {
  const Clock::time_point begin = Clock::now();
  std::size_t kept = 0;
  for (std::size_t i = 0; i < place.count; ++i) {
    Job& job = *place.jobs[i];
    job.taken = begin;
    if (job.deadline <= begin) {
      answer(job, Outcome::DeadlineExceeded);
    } else if (client_has_gone(job)) {
      answer(job, Outcome::ClientGone);
    } else {
      job.state_.store(JobState::Running, std::memory_order_release);
      place.jobs[kept++] = &job;
    }
  }
  place.ran = kept;
  if (kept == 0) return Clock::duration::zero();
  const std::span<Job* const> batch(place.jobs.data(), kept);
  run(batch);
  const Clock::duration duration = Clock::now() - begin;
  for (Job* const job : batch) {
    job->inference = duration;
    job->batch = kept;
    answer(*job, Outcome::Done);
  }
  return duration;
}

Clock::time_point Batcher::State::dispatch(std::vector<WorkerPlace*>& called) {
  const Clock::time_point now = Clock::now();
  while (true) {
    const Decision decision = line.decide(now);
    if (decision.take == 0) return decision.until;
    WorkerPlace* const place = idle.back();
    idle.pop_back();
    place->count = line.take(decision.take, place->jobs);
    called.push_back(place);
  }
}

Clock::time_point Batcher::State::dispatch_and_call() {
  std::vector<WorkerPlace*>& called = empty_list();
  Clock::time_point held_until;
  {
    const std::lock_guard lock(mutex);
    held_until = dispatch(called);
  }
  for (WorkerPlace* const place : called) place->call(Command::Run);
  return held_until;
}

bool Batcher::State::release(WorkerPlace& place, Clock::duration duration) {
  line.finish(place.count, place.ran, duration);
  place.count = 0;
  if (place.leaving) {
    line.remove_worker();
  } else {
    idle.push_back(&place);
  }
  notify_if_at_rest();
  return !place.leaving;
}

void Batcher::State::answer(Job& job, Outcome outcome) {
  job.outcome = outcome;
  if (job.state_.exchange(JobState::Answered, std::memory_order_acq_rel) == JobState::Left) {
    recycle(job);
  } else {
    // The job may be at work again already; then this wakes somebody for nothing.
    wake_one(&job.state_);
  }
}

void Batcher::State::answer_all_queued(Outcome outcome) {
  std::vector<Job*> jobs;
  {
    const std::lock_guard lock(mutex);
    jobs.resize(line.queued());
    line.take_all(jobs);
    notify_if_at_rest();
  }
  for (Job* const job : jobs) answer(*job, outcome);
}

bool Batcher::State::leave(Job& job, bool& left_to_worker) {
  left_to_worker = false;
  {
    const std::lock_guard lock(mutex);
    if (job.state_.load(std::memory_order_acquire) == JobState::Queued) {
      line.remove(job);
      notify_if_at_rest();
      return true;
    }
  }
  // A worker looks whether the job is still wanted, which takes it no longer than asking the client's socket.
  while (job.state_.load(std::memory_order_acquire) == JobState::Claimed) std::this_thread::yield();
  JobState running = JobState::Running;
  left_to_worker = job.state_.compare_exchange_strong(running, JobState::Left, std::memory_order_acq_rel);
  return left_to_worker;
}

void Batcher::State::notify_if_at_rest() {
  if (closing && line.at_rest()) at_rest.notify_all();
}

}  // namespace animalctl::batching
