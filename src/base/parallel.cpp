#include "animalctl/base/parallel.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace animalctl {
namespace {

// How often the caller is told of progress. Waking it after every item would take a core's time from the workers.
constexpr std::chrono::milliseconds kReportInterval{50};

// State shared by the workers of one parallel_for; lives on the caller's stack until all have joined.
struct Shared {
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> finished{0};
  std::mutex mutex;
  std::condition_variable ended;
  int running = 0;             // guarded by mutex
  std::exception_ptr failure;  // guarded by mutex
};

void run_worker(Shared& shared, std::size_t count, const std::function<void(std::size_t)>& work,
                const std::stop_token& stop) {
  try {
    while (!stop.stop_requested()) {
      const std::size_t index = shared.next.fetch_add(1);
      if (index >= count) break;
      work(index);
      shared.finished.fetch_add(1);
    }
  } catch (...) {
    const std::lock_guard lock(shared.mutex);
    if (!shared.failure) shared.failure = std::current_exception();
    shared.next = count;
  }
  const std::lock_guard lock(shared.mutex);
  --shared.running;
  shared.ended.notify_one();
}

void run_on_caller(std::size_t count, const std::function<void(std::size_t)>& work,
                   const std::function<void(std::size_t)>& done, const std::stop_token& stop) {
  for (std::size_t i = 0; i < count && !stop.stop_requested(); ++i) {
    work(i);
    if (done) done(i + 1);
  }
}

int cgroup_cores() {
  // cgroup v2: "max 100000" or "<quota> <period>" in microseconds.
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0) return 0;
  return std::max(1, static_cast<int>(std::stod(quota) / period));
}

}  // namespace

void parallel_for(std::size_t count, int threads, const std::function<void(std::size_t)>& work,
                  const std::function<void(std::size_t)>& done, std::stop_token stop) {
  const auto workers = static_cast<int>(std::min<std::size_t>(count, static_cast<std::size_t>(std::max(1, threads))));
  if (workers <= 1) return run_on_caller(count, work, done, stop);

  Shared shared;
  shared.running = workers;
  {
    std::vector<std::jthread> pool;
    pool.reserve(static_cast<std::size_t>(workers));
    for (int i = 0; i < workers; ++i) {
      pool.emplace_back([&] { run_worker(shared, count, work, stop); });
    }
    std::size_t reported = 0;
    std::unique_lock lock(shared.mutex);
    while (shared.running > 0 || shared.finished != reported) {
      shared.ended.wait_for(lock, kReportInterval, [&] { return shared.running == 0; });
      if (shared.finished == reported) continue;
      reported = shared.finished;
      lock.unlock();
      if (done) done(reported);
      lock.lock();
    }
  }
  if (shared.failure) std::rethrow_exception(shared.failure);
}

int available_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  int cores = 0;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) cores = CPU_COUNT(&set);
  if (cores < 1) cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const int quota = cgroup_cores();
  return quota > 0 ? std::min(cores, quota) : cores;
}

}  // namespace animalctl
