#include "process/spawn_thread.h"

#include <utility>

namespace animalctl::process {

SpawnThread& SpawnThread::instance() {
  static SpawnThread thread;
  return thread;
}

SpawnThread::SpawnThread() : thread_([this](const std::stop_token& stop) { serve(stop); }) {}

void SpawnThread::run(const std::function<void()>& work) {
  const std::lock_guard turn(turn_);
  std::unique_lock lock(mutex_);
  work_ = &work;
  done_ = false;
  changed_.notify_all();
  changed_.wait(lock, [this] { return done_; });
  if (const std::exception_ptr failure = std::exchange(failure_, nullptr)) std::rethrow_exception(failure);
}

void SpawnThread::serve(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return work_ != nullptr; })) {
    const std::function<void()>& work = *std::exchange(work_, nullptr);
    lock.unlock();
    std::exception_ptr failure;
    try {
      work();
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    failure_ = std::move(failure);
    done_ = true;
    changed_.notify_all();
  }
}

}  // namespace animalctl::process
