#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace animalctl::process {

// The one thread that forks. The kernel sends a child its death signal when the thread that made it ends, not the
// process; this one ends with the process. Thread-safe.
class SpawnThread {
 public:
  static SpawnThread& instance();

  // Calls work() on the thread and returns when it has returned; what it throws is thrown here.
  void run(const std::function<void()>& work);

 private:
  SpawnThread();
  void serve(const std::stop_token& stop);

  std::mutex turn_;  // one caller at a time
  std::mutex mutex_;
  std::condition_variable_any changed_;
  const std::function<void()>* work_ = nullptr;  // guarded by mutex_, as what follows
  std::exception_ptr failure_;
  bool done_ = false;
  std::jthread thread_;  // last: it stops first
};

}  // namespace animalctl::process
