#include "serve/task_thread.h"

#include <fmt/core.h>

#include <utility>

#include "animalctl/base/log.h"

namespace animalctl::serve {

void TaskThread::add(std::string what, std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  tasks_.push_back({std::move(what), std::move(work)});
  if (!thread_.joinable()) thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  changed_.notify_one();
}

void TaskThread::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    tasks_.clear();
    if (!thread_.joinable()) return;
  }
  thread_.request_stop();
  thread_.join();
}

void TaskThread::run(const std::stop_token& stop) {
  while (true) {
    Task task;
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return !tasks_.empty(); })) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    try {
      task.work();
    } catch (const std::exception& error) {
      log::error(fmt::format("{} failed", task.what), {{"reason", error.what()}});
    }
  }
}

}  // namespace animalctl::serve
