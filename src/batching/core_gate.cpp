#include "animalctl/batching/core_gate.h"

#include "batching/futex.h"

namespace animalctl::batching {

bool CoreGate::enter(Clock::time_point deadline) {
  Waiter waiter;
  {
    const std::lock_guard lock(mutex_);
    if (free_ > 0) {
      --free_;
      return true;
    }
    (last_ == nullptr ? first_ : last_->next) = &waiter;
    last_ = &waiter;
  }
  while (waiter.called.load(std::memory_order_acquire) == 0) {
    if (Clock::now() < deadline) {
      wait_while(waiter.called, std::uint32_t{0}, deadline);
      continue;
    }
    const std::lock_guard lock(mutex_);
    if (waiter.called.load(std::memory_order_acquire) != 0) break;
    unlink(waiter);
    return false;
  }
  return true;
}

void CoreGate::leave() {
  const void* word = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (first_ == nullptr) {
      ++free_;
      return;
    }
    Waiter* const next = first_;
    first_ = next->next;
    if (first_ == nullptr) last_ = nullptr;
    word = &next->called;
    next->called.store(1, std::memory_order_release);
  }
  wake_one(word);
}

void CoreGate::unlink(const Waiter& waiter) {
  Waiter* previous = nullptr;
  for (Waiter* at = first_; at != &waiter; at = at->next) previous = at;
  (previous == nullptr ? first_ : previous->next) = waiter.next;
  if (last_ == &waiter) last_ = previous;
}

}  // namespace animalctl::batching
