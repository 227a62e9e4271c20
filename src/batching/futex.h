#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <ctime>

#include "animalctl/batching/batch_policy.h"

namespace animalctl::batching {

// Waiting for an atomic to change, with a deadline, which std::atomic::wait() has not. Both may return early or wake
// nobody: callers look again (futex(2)).
static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));

template <typename Value>
void wait_while(const std::atomic<Value>& word, Value seen, Clock::time_point until) {
  static_assert(sizeof(word) == sizeof(std::uint32_t));
  // steady_clock is CLOCK_MONOTONIC, and FUTEX_WAIT_BITSET takes the absolute time of that clock.
  timespec when{};
  const auto since_start = until.time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_start);
  when.tv_sec = seconds.count();
  when.tv_nsec = std::chrono::duration_cast<std::chrono::nanoseconds>(since_start - seconds).count();
  ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, static_cast<std::uint32_t>(seen),
            until == kNever ? nullptr : &when, nullptr, FUTEX_BITSET_MATCH_ANY);
}

// Wakes a thread that waits for `word`. The word itself is not touched: it may be gone already.
inline void wake_one(const void* word) {
  ::syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

}  // namespace animalctl::batching
