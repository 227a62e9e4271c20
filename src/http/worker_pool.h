#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

#include "http/connection_driver.h"
#include "http/signal_event.h"

namespace animalctl::http {

// Threads that wait for events of one epoll descriptor and work on them, one event each. As soon as the last waiting
// thread has got one, another is started, up to a limit; threads without work for some seconds end, but for one.
// Waiting in epoll itself spares the hand-over from a watching thread to a working one.
class WorkerPool {
 public:
  // `work` gets an event's data; it must not throw. `poller` is a connection table's.
  WorkerPool(int poller, std::size_t max_threads, std::function<void(std::uint64_t, Workspace&)> work);
  ~WorkerPool();  // stop()
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Throws Unavailable when not even one thread can be started.
  void start();
  // Lets work in progress end and joins all threads.
  void stop();

  std::size_t threads() const;

 private:
  struct Worker {
    std::thread thread;
    std::atomic<bool> ended{false};
  };

  // Whether a thread is there or was started.
  bool add_thread();
  void run(Worker& self);
  void join_ended();

  const int poller_;
  const std::size_t max_threads_;
  const std::function<void(std::uint64_t, Workspace&)> work_;
  SignalEvent stop_event_;  // data 0 in the poller
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> waiting_{0};
  mutable std::mutex mutex_;
  std::list<Worker> workers_;  // guarded by mutex_
};

}  // namespace animalctl::http
