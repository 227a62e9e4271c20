#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

namespace animalctl::serve {

// Does work that nobody waits for, one piece after the other, on a thread of its own that begins with the first piece.
// What a piece throws is logged. Thread-safe.
class TaskThread {
 public:
  TaskThread() = default;
  ~TaskThread() { close(); }
  TaskThread(const TaskThread&) = delete;
  TaskThread& operator=(const TaskThread&) = delete;

  // `what` names the piece in the log, e.g. "loading animal 2.0". Nothing happens after close().
  void add(std::string what, std::function<void()> work);
  // Lets the piece that is under way end and drops the others. Idempotent.
  void close();

 private:
  struct Task {
    std::string what;
    std::function<void()> work;
  };
  void run(const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Task> tasks_;  // guarded by mutex_
  bool closed_ = false;     // guarded by mutex_
  std::jthread thread_;     // guarded by mutex_ until closed
};

}  // namespace animalctl::serve
