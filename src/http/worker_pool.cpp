#include "http/worker_pool.h"

#include <sys/epoll.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"

namespace animalctl::http {
namespace {

constexpr int kIdleMilliseconds = 5000;

}  // namespace

WorkerPool::WorkerPool(int poller, std::size_t max_threads, std::function<void(std::uint64_t, Workspace&)> work)
    : poller_(poller), max_threads_(max_threads), work_(std::move(work)) {
  epoll_event event{};
  event.events = EPOLLIN;  // stays raised: every thread sees it
  event.data.u64 = 0;
  if (::epoll_ctl(poller_, EPOLL_CTL_ADD, stop_event_.descriptor(), &event) != 0) {
    throw error_from_errno(errno, "watch connections");
  }
}

WorkerPool::~WorkerPool() {
  stop();
}

void WorkerPool::start() {
  if (!add_thread()) throw Error(ErrorCode::Unavailable, "cannot start a thread for the HTTP server");
}

void WorkerPool::stop() {
  stopping_ = true;
  stop_event_.raise();
  std::list<Worker> workers;
  {
    const std::lock_guard lock(mutex_);
    workers.swap(workers_);
  }
  for (Worker& worker : workers) worker.thread.join();
}

std::size_t WorkerPool::threads() const {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const Worker& worker : workers_) count += worker.ended ? 0 : 1;
  return count;
}

bool WorkerPool::add_thread() {
  const std::lock_guard lock(mutex_);
  if (stopping_) return true;
  join_ended();
  if (workers_.size() >= max_threads_) return true;
  Worker& worker = workers_.emplace_back();
  ++waiting_;
  try {
    worker.thread = std::thread([this, &worker] { run(worker); });
    return true;
  } catch (const std::system_error& error) {
    --waiting_;
    workers_.pop_back();
    log::warning("cannot start another thread for requests",
                 {{"threads", static_cast<std::uint64_t>(workers_.size())}, {"error", error.what()}});
    return !workers_.empty();
  }
}

void WorkerPool::join_ended() {
  workers_.remove_if([](Worker& worker) {
    if (!worker.ended) return false;
    worker.thread.join();
    return true;
  });
}

void WorkerPool::run(Worker& self) {
  block_sigpipe();
  const auto workspace = std::make_unique<Workspace>();
  for (;;) {
    epoll_event event{};
    // The last one waiting waits for ever, so that an idle server sleeps.
    const int timeout = waiting_ > 1 ? kIdleMilliseconds : -1;
    const int count = ::epoll_wait(poller_, &event, 1, timeout);
    if (stopping_) break;
    if (count == 0) {
      std::size_t others = waiting_;
      while (others > 1 && !waiting_.compare_exchange_weak(others, others - 1)) {
      }
      if (others <= 1) continue;
      self.ended = true;
      return;
    }
    if (count < 0) continue;  // a signal's handler ran
    if (waiting_.fetch_sub(1) == 1) add_thread();
    work_(event.data.u64, *workspace);
    ++waiting_;
  }
  self.ended = true;
}

}  // namespace animalctl::http
