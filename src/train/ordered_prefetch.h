#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

namespace animalctl {

// Makes items 0..count-1 ahead of their consumer on worker threads and hands them out in order, at most
// `depth` ahead. What make(i) throws is rethrown by the next() that would have given item i. The destructor
// stops the workers after the item they are at. One consumer thread.
template <typename Item>
class OrderedPrefetch {
 public:
  OrderedPrefetch(std::size_t count, int threads, std::size_t depth, std::function<Item(std::size_t)> make)
      : count_(count), make_(std::move(make)), slots_(std::max<std::size_t>(depth, 1)) {
    for (int i = 0; i < std::max(1, threads); ++i) {
      workers_.emplace_back([this](const std::stop_token& stop) { work(stop); });
    }
  }

  ~OrderedPrefetch() {
    {
      // Under the lock, so that no worker can look at the flag before and fall asleep after.
      const std::lock_guard lock(mutex_);
      for (std::jthread& worker : workers_) worker.request_stop();
    }
    space_.notify_all();
  }

  // The next item in order, or nothing after the last.
  std::optional<Item> next() {
    if (consumed_ == count_) return std::nullopt;
    std::unique_lock lock(mutex_);
    Slot& slot = slots_[consumed_ % slots_.size()];
    ready_.wait(lock, [&] { return slot.filled; });
    slot.filled = false;
    ++consumed_;
    const std::exception_ptr failure = std::exchange(slot.failure, nullptr);
    std::optional<Item> item = std::move(slot.item);
    slot.item.reset();
    lock.unlock();
    space_.notify_all();
    if (failure) std::rethrow_exception(failure);
    return item;
  }

 private:
  struct Slot {
    bool filled = false;
    std::optional<Item> item;
    std::exception_ptr failure;
  };

  void work(const std::stop_token& stop) {
    while (true) {
      std::size_t index = 0;
      {
        std::unique_lock lock(mutex_);
        const auto claimable = [&] {
          return stop.stop_requested() || claimed_ == count_ || claimed_ - consumed_ < slots_.size();
        };
        space_.wait(lock, claimable);
        if (stop.stop_requested() || claimed_ == count_) return;
        index = claimed_++;
      }
      std::optional<Item> item;
      std::exception_ptr failure;
      try {
        item = make_(index);
      } catch (...) {
        failure = std::current_exception();
      }
      {
        const std::lock_guard lock(mutex_);
        Slot& slot = slots_[index % slots_.size()];
        slot.item = std::move(item);
        slot.failure = failure;
        slot.filled = true;
      }
      ready_.notify_one();
    }
  }

  const std::size_t count_;
  const std::function<Item(std::size_t)> make_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::condition_variable space_;
  std::vector<Slot> slots_;            // guarded by mutex_
  std::size_t claimed_ = 0;            // guarded by mutex_
  std::size_t consumed_ = 0;           // written by the consumer under mutex_
  std::vector<std::jthread> workers_;  // last: joined before the rest goes
};

}  // namespace animalctl
