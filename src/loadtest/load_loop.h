#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <stop_token>
#include <vector>

#include "animalctl/base/random.h"
#include "animalctl/loadtest/load_test.h"
#include "animalctl/loadtest/poisson_schedule.h"
#include "loadtest/connection.h"
#include "loadtest/recorder.h"

namespace animalctl::loadtest {

// The loop of one run: begins requests when they are due, moves connections on as their sockets become ready, ends
// requests that take too long. One thread, no locks; times count from its construction.
class LoadLoop {
 public:
  LoadLoop(const LoadSettings& settings, const Endpoint& endpoint, const TlsContext* tls, std::stop_token stop);
  LoadReport run();

 private:
  using Duration = std::chrono::nanoseconds;

  Duration now() const { return std::chrono::steady_clock::now() - start_; }
  bool open_loop() const { return schedule_.has_value(); }
  // False once no further request may begin: time, count, stop or giving up.
  bool may_issue(Duration now) const;
  bool must_end() const { return stop_.stop_requested() || recorder_.should_give_up(); }

  void issue(Duration now);
  void issue_waiting(Duration now);
  void issue_arrivals(Duration now);
  void begin(Duration due);
  const std::string& next_request();
  void settle(std::size_t index, const Connection::Progress& progress);
  void update_interest(std::size_t index);
  void wait();
  void arm_timer();
  void sweep(Duration now);
  LoadReport report(Duration end, double cpu_seconds);

  const LoadSettings& settings_;
  const Endpoint& endpoint_;
  const TlsContext* tls_;
  std::stop_token stop_;
  std::chrono::steady_clock::time_point start_;
  Duration window_begin_;
  Duration window_end_;
  Recorder recorder_;
  UniqueFd epoll_;
  UniqueFd timer_;

  std::vector<Connection> connections_;
  std::vector<std::uint32_t> interest_;  // what epoll was told of each; 0: nothing yet
  std::vector<std::size_t> idle_;        // without a request; the last used first, its connection is warm
  std::deque<Duration> waiting_;         // due, no connection free
  std::optional<PoissonSchedule> schedule_;
  RandomStream random_;
  std::size_t next_request_ = 0;
  std::uint64_t issued_in_window_ = 0;
  Duration not_before_{0};  // closed loop: a pause after a connection was refused
  Duration next_sweep_{0};
  Duration armed_{-1};  // what the timer is set to
  std::vector<char> scratch_;
};

}  // namespace animalctl::loadtest
