#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "animalctl/batching/batch_policy.h"

namespace animalctl::batching {

// Lets a number of threads through at a time, the others in the order they came: so that a hundred requests do not
// share two cores in slices, all of them ending last. Thread-safe.
class CoreGate {
 public:
  explicit CoreGate(std::size_t places) : free_(places) {}
  CoreGate(const CoreGate&) = delete;
  CoreGate& operator=(const CoreGate&) = delete;

  // True when the caller is in; it leaves with leave(). False when `deadline` has passed first.
  bool enter(Clock::time_point deadline);
  void leave();

  // Leaves at the end of the scope.
  class Visit {
   public:
    Visit(CoreGate& gate, Clock::time_point deadline) : gate_(gate), inside_(gate.enter(deadline)) {}
    ~Visit() {
      if (inside_) gate_.leave();
    }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    explicit operator bool() const { return inside_; }

   private:
    CoreGate& gate_;
    const bool inside_;
  };

 private:
  struct Waiter {
    std::atomic<std::uint32_t> called{0};
    Waiter* next = nullptr;
  };
  void unlink(const Waiter& waiter);

  std::mutex mutex_;
  std::size_t free_;         // guarded by mutex_
  Waiter* first_ = nullptr;  // guarded by mutex_
  Waiter* last_ = nullptr;   // guarded by mutex_
};

}  // namespace animalctl::batching
