#include "loadtest/load_loop.h"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "animalctl/base/error.h"

namespace animalctl::loadtest {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kScratch = std::size_t{64} * 1024;
constexpr std::size_t kMaxWaiting = 1'000'000;
constexpr milliseconds kSweep{20};
constexpr milliseconds kPauseAfterRefusal{20};
constexpr std::uint64_t kTimerTag = ~std::uint64_t{0};

double thread_cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

LoadLoop::LoadLoop(const LoadSettings& settings, const Endpoint& endpoint, const TlsContext* tls, std::stop_token stop)
    : settings_(settings),
      endpoint_(endpoint),
      tls_(tls),
      stop_(std::move(stop)),
      start_(std::chrono::steady_clock::now()),
      window_begin_(settings.warmup),
      window_end_(settings.warmup + settings.duration),
      recorder_(window_begin_, window_end_, settings.give_up),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
      connections_(static_cast<std::size_t>(settings.connections)),
      interest_(connections_.size()),
      random_(settings.seed, "requests"),
      scratch_(kScratch) {
  if (!epoll_ || !timer_) throw error_from_errno(errno, "make a poller");
  if (settings.rate > 0) schedule_.emplace(settings.rate, settings.seed);
  // The first connection is used first.
  for (std::size_t i = connections_.size(); i > 0; --i) idle_.push_back(i - 1);
  // Edge-triggered: the timer is set anew rather than read.
  epoll_event event{EPOLLIN | EPOLLET, {.u64 = kTimerTag}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, timer_.get(), &event);
}

LoadReport LoadLoop::run() {
  const double cpu_before = thread_cpu_seconds();
  while (true) {
    const Duration time = now();
    issue(time);
    const bool idle = idle_.size() == connections_.size() && waiting_.empty();
    if (must_end() || (idle && !may_issue(time))) break;
    wait();
    if (now() >= next_sweep_) sweep(now());
  }
  return report(now(), thread_cpu_seconds() - cpu_before);
}

LoadReport LoadLoop::report(Duration end, double cpu_seconds) {
  LoadReport& report = recorder_.report();
  report.client_cpu_seconds = cpu_seconds;
  report.interrupted = stop_.stop_requested();
  report.gave_up = recorder_.should_give_up();
  for (const Connection& connection : connections_) {
    report.bytes_sent += connection.bytes_sent();
    report.bytes_received += connection.bytes_received();
  }
  return recorder_.finish(end < window_end_);
}

bool LoadLoop::may_issue(Duration time) const {
  if (must_end() || issued_in_window_ >= settings_.max_requests) return false;
  return open_loop() ? schedule_->next() < window_end_ : time < window_end_;
}

void LoadLoop::issue(Duration time) {
  if (open_loop()) {
    issue_waiting(time);
    issue_arrivals(time);
    return;
  }
  while (!idle_.empty() && time >= not_before_ && may_issue(time)) {
    begin(time);
    time = now();
  }
}

void LoadLoop::issue_waiting(Duration time) {
  while (!waiting_.empty() && !must_end()) {
    const Duration due = waiting_.front();
    if (time - due > settings_.timeout) {
      recorder_.failed(due, FailureKind::Timeout);
    } else if (idle_.empty()) {
      return;
    } else {
      begin(due);
    }
    waiting_.pop_front();
  }
}

void LoadLoop::issue_arrivals(Duration time) {
  while (may_issue(time)) {
    const auto due = schedule_->take_due(time);
    if (!due) return;
    if (recorder_.in_window(*due)) ++issued_in_window_;
    if (waiting_.empty() && !idle_.empty()) {
      recorder_.lagged(time - *due);
      begin(*due);
    } else if (waiting_.size() < kMaxWaiting) {
      waiting_.push_back(*due);
    } else {
      recorder_.failed(*due, FailureKind::NotSent);
    }
  }
}

const std::string& LoadLoop::next_request() {
  const std::vector<std::string>& requests = settings_.requests;
  if (settings_.order == Order::Random) return requests[random_.below(requests.size())];
  return requests[next_request_++ % requests.size()];
}

void LoadLoop::begin(Duration due) {
  const std::size_t index = idle_.back();
  idle_.pop_back();
  Connection& connection = connections_[index];
  if (!open_loop() && recorder_.in_window(due)) ++issued_in_window_;
  ++recorder_.report().requests_begun;
  if (!connection.is_open()) {
    ++recorder_.report().connections;
    interest_[index] = 0;
    if (!connection.open(endpoint_, tls_)) {
      connection.begin(next_request(), due, settings_.answers_have_bodies);
      connection.abandon();
      settle(index, {std::nullopt, FailureKind::Connect});
      return;
    }
  }
  connection.begin(next_request(), due, settings_.answers_have_bodies);
  settle(index, connection.advance(scratch_));
}

void LoadLoop::settle(std::size_t index, const Connection::Progress& progress) {
  Connection& connection = connections_[index];
  if (progress.over()) {
    const Duration time = now();
    if (progress.status) {
      recorder_.answered(connection.due(), time, *progress.status);
      if (!settings_.keep_alive) connection.close();
    } else {
      recorder_.failed(connection.due(), *progress.failure);
      if (*progress.failure == FailureKind::Connect) not_before_ = time + kPauseAfterRefusal;
    }
    idle_.push_back(index);
  }
  update_interest(index);
}

void LoadLoop::update_interest(std::size_t index) {
  const Connection& connection = connections_[index];
  if (!connection.is_open()) return;
  std::uint32_t wanted = EPOLLIN;
  if (connection.wants_write()) wanted |= EPOLLOUT;
  if (interest_[index] == wanted) return;
  epoll_event event{wanted, {.u64 = index}};
  const int action = interest_[index] == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (::epoll_ctl(epoll_.get(), action, connection.descriptor(), &event) != 0) {
    throw error_from_errno(errno, "watch a connection");
  }
  interest_[index] = wanted;
}

void LoadLoop::arm_timer() {
  const Duration due = schedule_->next();
  if (due == armed_) return;
  const Duration absolute = start_.time_since_epoch() + due;
  itimerspec setting{};
  setting.it_value.tv_sec = absolute.count() / 1'000'000'000;
  setting.it_value.tv_nsec = absolute.count() % 1'000'000'000;
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &setting, nullptr);
  armed_ = due;
}

void LoadLoop::wait() {
  if (open_loop()) arm_timer();
  std::array<epoll_event, 256> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), static_cast<int>(kSweep.count()));
  if (count < 0 && errno != EINTR) throw error_from_errno(errno, "wait for connections");
  for (int i = 0; i < count; ++i) {
    if (events[static_cast<std::size_t>(i)].data.u64 == kTimerTag) continue;
    const std::size_t index = events[static_cast<std::size_t>(i)].data.u64;
    Connection& connection = connections_[index];
    if (connection.busy()) {
      settle(index, connection.advance(scratch_));
    } else {
      connection.drop_if_ended(scratch_);
    }
  }
}

void LoadLoop::sweep(Duration time) {
  next_sweep_ = time + kSweep;
  for (std::size_t index = 0; index < connections_.size(); ++index) {
    Connection& connection = connections_[index];
    if (!connection.busy() || time - connection.due() <= settings_.timeout) continue;
    connection.abandon();
    settle(index, {std::nullopt, FailureKind::Timeout});
  }
}

}  // namespace animalctl::loadtest
