#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "http/connection.h"

namespace animalctl::http {

// All open connections. Each is either parked here, watched by epoll until it is ready or its deadline passes, or taken
// by one thread. A socket is closed when the last owner of its connection lets go, so its number is never used again
// too early. Thread-safe.
class ConnectionTable {
 public:
  // `on_earlier` is called when a deadline comes before the one that take_expired returned last. Throws what
  // error_from_errno gives (no descriptor).
  explicit ConnectionTable(std::function<void()> on_earlier);
  ~ConnectionTable();
  ConnectionTable(const ConnectionTable&) = delete;
  ConnectionTable& operator=(const ConnectionTable&) = delete;

  // The epoll descriptor. An event's data are a connection's id; ids begin at 1.
  int poller() const { return poller_; }

  // Adds a connection, parked. False when the kernel cannot watch it: it is closed.
  bool add(const std::shared_ptr<Connection>& connection, const Step& step);
  // The connection, for the caller alone; null when it is closed or taken.
  std::shared_ptr<Connection> take(std::uint64_t id);
  // Gives a taken connection back. Removes it instead when the step says close, or when it is idle and idle ones are
  // refused.
  void park(const std::shared_ptr<Connection>& connection, const Step& step);
  void remove(const Connection& connection);

  // Takes all whose deadline has passed; `next` is the earliest of the others, or the clock's maximum.
  std::vector<std::shared_ptr<Connection>> take_expired(Clock::time_point now, Clock::time_point& next);
  // From now on idle connections are closed: those that are parked and have sent nothing, and those that come back.
  void refuse_idle();
  // Ends all connections for their clients. Those that are parked are removed.
  void cut_all();

  std::size_t size() const;
  // False when connections are left at the deadline.
  bool wait_until_empty(Clock::time_point deadline);

 private:
  void erase(std::uint64_t id);

  const std::function<void()> on_earlier_;
  const int poller_;
  mutable std::mutex mutex_;
  std::condition_variable empty_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Connection>> connections_;
  Clock::time_point next_deadline_ = Clock::time_point::max();
  bool idle_refused_ = false;
};

}  // namespace animalctl::http
