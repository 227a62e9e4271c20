#include "animalctl/process/supervisor.h"

#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "process/part_runner.h"

namespace animalctl::process {
namespace {

// How often PID 1 looks for processes that have lost their parent.
constexpr std::chrono::milliseconds kReapEvery{1'000};

// How many parts still run, and what the last one of them ended with.
class Remaining {
 public:
  explicit Remaining(std::size_t count) : count_(count) {}

  void one_less(int code) {
    {
      const std::lock_guard lock(mutex_);
      --count_;
      code_ = code;
    }
    changed_.notify_all();
  }

  // Returns the code of the part that ended last.
  int wait(bool reaps) {
    std::unique_lock lock(mutex_);
    const auto none = [this] { return count_ == 0; };
    if (!reaps) changed_.wait(lock, none);
    while (!changed_.wait_for(lock, kReapEvery, none)) {
      lock.unlock();
      reap_orphans();
      lock.lock();
    }
    return code_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t count_;
  int code_ = 0;
};

}  // namespace

Supervisor::Supervisor(std::vector<Part> parts, SupervisorOptions options, OnLine on_line, OnEvent on_event)
    : parts_(std::move(parts)),
      options_(std::move(options)),
      on_line_(std::move(on_line)),
      on_event_(std::move(on_event)) {}

int Supervisor::run(const std::stop_token& stop) {
  PartListener listener{on_line_, on_event_, {}};
  Remaining remaining(parts_.size());
  std::vector<std::jthread> threads;
  threads.reserve(parts_.size());
  for (const Part& part : parts_) {
    threads.emplace_back([&, stop] { remaining.one_less(PartRunner(part, options_, listener).run(stop)); });
  }
  const int code = remaining.wait(::getpid() == 1);
  return stop.stop_requested() ? 0 : code;
}

}  // namespace animalctl::process
