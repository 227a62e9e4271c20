#include "animalctl/batching/batcher.h"

#include <algorithm>

#include "batching/batcher_state.h"
#include "batching/futex.h"

namespace animalctl::batching {
namespace {

// How often a thread that waits for its answer looks whether its client is still there, and whether close() gave up.
constexpr std::chrono::milliseconds kLookInterval{50};
constexpr int kFirstWorker = 9000;

Batcher::Options checked(Batcher::Options options) {
  options.limits.batch_size = std::max<std::size_t>(1, options.limits.batch_size);
  options.cores = std::max<std::size_t>(1, options.cores);
  return options;
}

}  // namespace

Batcher::Batcher(const Options& options, Run run, Recycle recycle)
    : state_(std::make_unique<State>(checked(options), std::move(run), std::move(recycle))) {}

Batcher::~Batcher() {
  close(Clock::now());
  scale(0);
}

Admission Batcher::admit() {
  const std::lock_guard lock(state_->mutex);
  return state_->line.admit();
}

Admission Batcher::would_admit() const {
  const std::lock_guard lock(state_->mutex);
  return state_->line.would_admit();
}

void Batcher::withdraw() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->line.withdraw();
    state_->notify_if_at_rest();
  }
  // What was held for this job is not held any longer.
  state_->dispatch_and_call();
}

Admission Batcher::push(Job& job) {
  State& state = *state_;
  std::vector<WorkerPlace*>& called = empty_list();
  WorkerPlace* here = nullptr;
  {
    const std::lock_guard lock(state.mutex);
    const Admission admission = state.line.push(job, Clock::now());
    if (admission != Admission::Admitted) {
      state.notify_if_at_rest();
      return admission;
    }
    job.ask_again_ = state.dispatch(called);
    if (called.size() == 1 && state.better_here(*called.front(), job)) here = called.front();
  }
  if (here != nullptr) {
    state.run_here(*here);
  } else {
    for (WorkerPlace* const place : called) place->call(Command::Run);
  }
  return Admission::Admitted;
}

Batcher::Answer Batcher::wait(Job& job) {
  State& state = *state_;
  Clock::time_point look = kNever;
  while (true) {
    const JobState seen = job.state_.load(std::memory_order_acquire);
    if (seen == JobState::Answered) return {job.outcome, false};
    const Clock::time_point now = Clock::now();
    Answer answer;
    if (now >= job.deadline) {
      answer.outcome = Outcome::DeadlineExceeded;
    } else if (state.cancelled.load(std::memory_order_acquire)) {
      answer.outcome = Outcome::Closed;
    } else if (now >= look && client_has_gone(job)) {
      answer.outcome = Outcome::ClientGone;
    }
    if (answer.outcome != Outcome::Done) {
      if (state.leave(job, answer.left)) return answer;
      continue;
    }
    if (seen == JobState::Queued && now >= job.ask_again_) {
      job.ask_again_ = state.dispatch_and_call();
      continue;
    }
    if (look == kNever || now >= look) look = now + kLookInterval;
    Clock::time_point until = std::min(job.deadline, look);
    if (seen == JobState::Queued) until = std::min(until, job.ask_again_);
    wait_while(job.state_, seen, until);
  }
}

void Batcher::scale(std::size_t workers) {
  State& state = *state_;
  const std::lock_guard scaling(state.scaling);
  std::vector<std::unique_ptr<WorkerPlace>> leaving;
  {
    const std::lock_guard lock(state.mutex);
    while (state.places.size() < workers) {
      const int id = kFirstWorker + static_cast<int>(state.places.size());
      auto place = std::make_unique<WorkerPlace>(id, state.options.limits.batch_size);
      place->thread = std::thread([&state, at = place.get()] { state.work(*at); });
      state.idle.push_back(place.get());
      state.places.push_back(std::move(place));
      state.line.add_worker();
    }
    while (state.places.size() > workers) {
      WorkerPlace& place = *state.places.back();
      place.leaving = true;
      const auto found = std::find(state.idle.begin(), state.idle.end(), &place);
      if (found != state.idle.end()) {
        state.idle.erase(found);
        state.line.remove_worker();
        place.call(Command::Exit);
      }
      leaving.push_back(std::move(state.places.back()));
      state.places.pop_back();
    }
  }
  for (const auto& place : leaving) place->thread.join();
  if (workers == 0) state.answer_all_queued(Outcome::NoWorker);
}

std::vector<Batcher::WorkerFacts> Batcher::workers() const {
  const std::lock_guard lock(state_->mutex);
  std::vector<WorkerFacts> facts;
  for (const auto& place : state_->places) facts.push_back({place->id, place->started});
  return facts;
}

std::size_t Batcher::queued() const {
  const std::lock_guard lock(state_->mutex);
  return state_->line.queued();
}

std::size_t Batcher::preparing() const {
  const std::lock_guard lock(state_->mutex);
  return state_->line.preparing();
}

void Batcher::close(Clock::time_point deadline) {
  State& state = *state_;
  {
    std::unique_lock lock(state.mutex);
    state.closing = true;
    state.line.close();
    if (state.at_rest.wait_until(lock, deadline, [&] { return state.line.at_rest(); })) return;
    state.line.cancel();
    state.cancelled.store(true, std::memory_order_release);
  }
  state.answer_all_queued(Outcome::Closed);
}

}  // namespace animalctl::batching
