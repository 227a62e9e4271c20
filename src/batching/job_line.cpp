#include "animalctl/batching/job_line.h"

#include <algorithm>

namespace animalctl::batching {

Admission JobLine::would_admit() const {
  if (closed_) return Admission::Closed;
  if (workers() == 0) return Admission::NoWorker;
  return queued_ + preparing_ < options_.capacity ? Admission::Admitted : Admission::Full;
}

Admission JobLine::admit() {
  const Admission admission = would_admit();
  if (admission == Admission::Admitted) ++preparing_;
  return admission;
}

void JobLine::withdraw() {
  --preparing_;
}

Admission JobLine::push(Job& job, Clock::time_point now) {
  --preparing_;
  if (cancelled_) return Admission::Closed;
  if (workers() == 0) return Admission::NoWorker;
  job.ready = now;
  job.ask_again_ = kNever;
  job.previous_ = last_;
  job.next_ = nullptr;
  (last_ == nullptr ? first_ : last_->next_) = &job;
  last_ = &job;
  ++queued_;
  job.state_.store(JobState::Queued, std::memory_order_release);
  estimate_.became_ready(now);
  return Admission::Admitted;
}

void JobLine::remove(Job& job) {
  (job.previous_ == nullptr ? first_ : job.previous_->next_) = job.next_;
  (job.next_ == nullptr ? last_ : job.next_->previous_) = job.previous_;
  --queued_;
  job.state_.store(JobState::Idle, std::memory_order_release);
}

Job* JobLine::pop() {
  Job* const job = first_;
  remove(*job);
  job->state_.store(JobState::Claimed, std::memory_order_release);
  return job;
}

Situation JobLine::situation() const {
  Situation situation;
  situation.queued = queued_;
  situation.running = running_;
  situation.preparing = preparing_;
  situation.idle_workers = idle_;
  situation.busy_workers = busy_;
  situation.cores = options_.cores;
  situation.oldest = first_ == nullptr ? kNever : first_->ready;
  situation.newest = last_ == nullptr ? kNever : last_->ready;
  situation.inference = estimate_.inference(std::min(queued_, options_.limits.batch_size));
  situation.gap = estimate_.gap();
  return situation;
}

Decision JobLine::decide(Clock::time_point now) const {
  if (queued_ == 0) return {};
  return batching::decide(now, situation(), options_.limits);
}

std::size_t JobLine::take(std::size_t count, std::span<Job*> jobs) {
  --idle_;
  ++busy_;
  const std::size_t taken = std::min({count, jobs.size(), queued_, options_.limits.batch_size});
  for (std::size_t i = 0; i < taken; ++i) jobs[i] = pop();
  running_ += taken;
  return taken;
}

std::size_t JobLine::top_up(std::size_t taken, std::span<Job*> jobs) {
  const std::size_t most = std::min(fair_batch(situation(), options_.limits), jobs.size());
  while (taken < most && queued_ > 0) {
    jobs[taken++] = pop();
    ++running_;
  }
  return taken;
}

void JobLine::take_all(std::span<Job*> jobs) {
  for (Job*& job : jobs) job = pop();
}

void JobLine::finish(std::size_t taken, std::size_t ran, Clock::duration duration) {
  --busy_;
  ++idle_;
  running_ -= taken;
  if (ran > 0) estimate_.ran(ran, duration);
}

void JobLine::add_worker() {
  ++idle_;
}

void JobLine::remove_worker() {
  --idle_;
}

}  // namespace animalctl::batching
